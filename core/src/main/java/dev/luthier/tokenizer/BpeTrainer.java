package dev.luthier.tokenizer;

import dev.luthier.UsageException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Trains a byte-level BPE tokenizer (Sennrich et al. 2016, <a
 * href="https://arxiv.org/abs/1508.07909">arXiv:1508.07909</a>, section 3.2, over bytes as in
 * GPT-2).
 *
 * <p>Texts are cut at special tokens, then into words by GPT-2's pattern; merges stay inside words.
 * The most frequent pair of neighbouring tokens becomes a token, again and again; among equally
 * frequent pairs the bytewise greater one does: the greater first part, then the greater second.
 * The result depends on nothing but the texts and the settings.
 *
 * <p>Counts are kept up to date rather than taken again: a merge touches only the words that
 * contain the pair. Memory grows with the number of different words.
 */
public final class BpeTrainer {
  /** GPT-2's pattern; white space is Unicode's, as in the Rust library. */
  private static final Pattern WORDS =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private final int vocabSize;
  private final List<String> specialTokens;
  private final long minFrequency;
  private final @Nullable Pattern specials;

  /**
   * @param vocabSize tokens in the result: special tokens, 256 bytes and merges together
   * @param specialTokens they get the ids from 0 on and are never a part of another token
   * @param minFrequency pairs seen less often are not merged; 1 for no such bound
   * @throws UsageException when the vocabulary has no room for bytes and special tokens
   */
  public BpeTrainer(int vocabSize, List<String> specialTokens, long minFrequency) {
    this.vocabSize = vocabSize;
    this.specialTokens = List.copyOf(specialTokens);
    this.minFrequency = Math.max(1, minFrequency);
    check();
    this.specials = specialTokens.isEmpty() ? null : pattern(specialTokens);
  }

  private void check() {
    int least = 256 + specialTokens.size();
    if (vocabSize < least) {
      throw new UsageException(
          "A vocabulary of "
              + vocabSize
              + " tokens is too small: 256 bytes and "
              + specialTokens.size()
              + " special tokens need at least "
              + least);
    }
    if (new HashSet<>(specialTokens).size() < specialTokens.size()) {
      throw new UsageException("A special token is named twice: " + specialTokens);
    }
    for (String token : specialTokens) {
      if (token.codePointCount(0, token.length()) < 2) {
        throw new UsageException(
            "The special token \"" + token + "\" is too short: it takes two characters or more");
      }
    }
  }

  /** Longer tokens first, so that none hides behind its own beginning. */
  private static Pattern pattern(List<String> tokens) {
    return Pattern.compile(
        tokens.stream()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .map(Pattern::quote)
            .collect(Collectors.joining("|")));
  }

  /**
   * Trains on the texts, which are read once, in order; borders between texts are borders between
   * words. Where the texts have too few different pairs, the vocabulary stays smaller than asked.
   */
  public TrainedBpe train(Stream<String> texts) {
    Map<String, long[]> words = new HashMap<>();
    texts.forEachOrdered(text -> count(Utf16.withoutLoneSurrogates(text), words));
    BpeMerges merges = new BpeMerges();
    words.forEach((word, count) -> merges.add(word.getBytes(StandardCharsets.UTF_8), count[0]));
    return result(merges.run(vocabSize - specialTokens.size(), minFrequency), merges);
  }

  private void count(String text, Map<String, long[]> words) {
    int from = 0;
    if (specials != null) {
      for (Matcher cut = specials.matcher(text); cut.find(); from = cut.end()) {
        countWords(text, from, cut.start(), words);
      }
    }
    countWords(text, from, text.length(), words);
  }

  private static void countWords(String text, int from, int to, Map<String, long[]> words) {
    // Words of the part alone: look-ahead must not see the special token behind it.
    Matcher word = WORDS.matcher(text.substring(from, to));
    while (word.find()) {
      words.computeIfAbsent(word.group(), w -> new long[1])[0]++;
    }
  }

  private TrainedBpe result(List<int[]> pairs, BpeMerges merges) {
    List<String> vocabulary = new ArrayList<>(specialTokens);
    for (int token = 0; token < merges.size(); token++) {
      vocabulary.add(ByteLetters.write(merges.bytes(token)));
    }
    List<TrainedBpe.Merge> named = new ArrayList<>(pairs.size());
    for (int[] pair : pairs) {
      named.add(
          new TrainedBpe.Merge(
              ByteLetters.write(merges.bytes(pair[0])), ByteLetters.write(merges.bytes(pair[1]))));
    }
    return new TrainedBpe(vocabulary, named, specialTokens);
  }
}
