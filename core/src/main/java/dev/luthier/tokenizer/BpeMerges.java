package dev.luthier.tokenizer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The merging loop of {@link BpeTrainer}: words as sequences of tokens, how often each pair of
 * neighbours occurs, and in which words. Tokens 0 to 255 are the bytes in GPT-2's order.
 */
final class BpeMerges {
  /** Two neighbouring tokens; the words are those that contained the pair at some time. */
  private static final class Pair {
    final int first;
    final int second;
    long count;
    int[] words = new int[2];
    int wordCount;
    boolean inGrown;

    Pair(int first, int second) {
      this.first = first;
      this.second = second;
    }

    void addWord(int word) {
      if (wordCount > 0 && words[wordCount - 1] == word) {
        return;
      }
      if (wordCount == words.length) {
        words = Arrays.copyOf(words, 2 * wordCount);
      }
      words[wordCount++] = word;
    }
  }

  /** A pair with its count at the time of queueing; out of date when the count has changed. */
  private record Candidate(long count, Pair pair) {}

  private final List<int[]> words = new ArrayList<>();
  private final List<Long> counts = new ArrayList<>();
  private final List<byte[]> bytes = new ArrayList<>();
  private final Map<ByteBuffer, Integer> tokenOf = new HashMap<>();
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(this::compare);
  private final int[] tokenOfByte = new int[256];

  /** Pairs that became more frequent in the merge at hand. */
  private final List<Pair> grown = new ArrayList<>();

  BpeMerges() {
    for (int i = 0; i < 256; i++) {
      byte[] one = {ByteLetters.byteAt(i)};
      tokenOfByte[one[0] & 0xFF] = addToken(one);
    }
  }

  private int addToken(byte[] token) {
    bytes.add(token);
    tokenOf.put(ByteBuffer.wrap(token), bytes.size() - 1);
    return bytes.size() - 1;
  }

  int size() {
    return bytes.size();
  }

  byte[] bytes(int token) {
    return bytes.get(token);
  }

  /** Adds a word that occurs {@code count} times. Each word may be added once. */
  void add(byte[] word, long count) {
    int[] tokens = new int[word.length];
    for (int i = 0; i < word.length; i++) {
      tokens[i] = tokenOfByte[word[i] & 0xFF];
    }
    words.add(tokens);
    counts.add(count);
    for (int i = 0; i + 1 < tokens.length; i++) {
      change(tokens[i], tokens[i + 1], words.size() - 1, count);
    }
  }

  /**
   * Merges until there are {@code size} tokens or no pair occurs {@code minFrequency} times.
   *
   * @return the pairs in the order of merging
   */
  List<int[]> run(int size, long minFrequency) {
    enqueueGrown();
    List<int[]> merges = new ArrayList<>();
    while (bytes.size() < size) {
      Pair best = poll();
      if (best == null || best.count < minFrequency) {
        break;
      }
      merges.add(new int[] {best.first, best.second});
      byte[] joined = join(bytes.get(best.first), bytes.get(best.second));
      // Two ways to the same bytes give one token: a vocabulary cannot name it twice.
      Integer known = tokenOf.get(ByteBuffer.wrap(joined));
      merge(best, known == null ? addToken(joined) : known);
      enqueueGrown();
    }
    return merges;
  }

  private @Nullable Pair poll() {
    for (Candidate top = queue.poll(); top != null; top = queue.poll()) {
      long now = top.pair.count;
      if (now == top.count) {
        return top.pair;
      }
      if (now > 0 && now < top.count) {
        queue.add(new Candidate(now, top.pair));
      }
    }
    return null;
  }

  private void enqueueGrown() {
    for (Pair pair : grown) {
      pair.inGrown = false;
      if (pair.count > 0) {
        queue.add(new Candidate(pair.count, pair));
      }
    }
    grown.clear();
  }

  private void merge(Pair pair, int token) {
    int[] touched = Arrays.copyOf(pair.words, pair.wordCount);
    for (int word : touched) {
      mergeInWord(word, pair.first, pair.second, token);
    }
    pairs.remove(key(pair.first, pair.second));
  }

  /** Replaces the pair from left to right, and keeps the counts of the neighbouring pairs. */
  private void mergeInWord(int word, int first, int second, int token) {
    int[] old = words.get(word);
    long count = counts.get(word);
    int[] merged = new int[old.length];
    int length = 0;
    int i = 0;
    while (i < old.length) {
      if (old[i] != first || i + 1 == old.length || old[i + 1] != second) {
        merged[length++] = old[i++];
        continue;
      }
      change(first, second, word, -count);
      if (length > 0) {
        change(merged[length - 1], first, word, -count);
        change(merged[length - 1], token, word, count);
      }
      if (i + 2 < old.length) {
        change(second, old[i + 2], word, -count);
        change(token, old[i + 2], word, count);
      }
      merged[length++] = token;
      i += 2;
    }
    if (length < old.length) {
      words.set(word, Arrays.copyOf(merged, length));
    }
  }

  private void change(int first, int second, int word, long by) {
    Pair pair = pairs.computeIfAbsent(key(first, second), k -> new Pair(first, second));
    pair.count += by;
    if (by > 0) {
      pair.addWord(word);
      if (!pair.inGrown) {
        pair.inGrown = true;
        grown.add(pair);
      }
    }
  }

  private static long key(int first, int second) {
    return (long) first << 32 | second;
  }

  /** Most frequent first; then the bytewise greater first part; then the greater second part. */
  private int compare(Candidate a, Candidate b) {
    int order = Long.compare(b.count, a.count);
    if (order == 0) {
      order = Arrays.compareUnsigned(bytes.get(b.pair.first), bytes.get(a.pair.first));
    }
    if (order == 0) {
      order = Arrays.compareUnsigned(bytes.get(b.pair.second), bytes.get(a.pair.second));
    }
    return order;
  }

  private static byte[] join(byte[] first, byte[] second) {
    byte[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }
}
