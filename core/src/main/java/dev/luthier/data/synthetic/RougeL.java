package dev.luthier.data.synthetic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Texts, and which of them is nearest to another by ROUGE-L: Lin 2004, "ROUGE: A Package for
 * Automatic Evaluation of Summaries", section 3.1, with beta 1. For texts of m and n words whose
 * longest common subsequence has l, precision is l/m, recall l/n, and
 *
 * <pre>{@code F = 2 l / (m + n)}</pre>
 *
 * <p>"the cat sat on the mat" and "the cat lay on a mat" share "the cat on mat": F = 2*4/12.
 *
 * <p>Exact, yet few subsequences are computed: l is at most the number of words that both have,
 * each as often as it occurs in both, and an inverted index counts those for all texts at once.
 */
public final class RougeL {
  private final Map<String, Integer> ids = new HashMap<>();

  /** By (word, how often it was there before in the text): the texts that have it. */
  private final Map<Long, Postings> postings = new HashMap<>();

  private final List<int[]> texts = new ArrayList<>();
  private final List<String> originals = new ArrayList<>();

  /**
   * The nearest text.
   *
   * @param f its ROUGE-L
   */
  public record Match(String text, double f) {}

  /** A growing list of numbers. */
  private static final class Postings {
    private int[] items = new int[4];
    private int size;

    void add(int item) {
      if (size == items.length) {
        items = Arrays.copyOf(items, 2 * size);
      }
      items[size++] = item;
    }
  }

  /** ROUGE-L of two texts, from 0 to 1; 0 if one has no words. */
  public static double f(String a, String b) {
    RougeL one = new RougeL();
    one.add(a);
    return one.nearest(b, 0).map(Match::f).orElse(0.0);
  }

  /** Adds a text. */
  public void add(String text) {
    int[] words =
        WordTokens.of(text).stream()
            .mapToInt(w -> ids.computeIfAbsent(w, x -> ids.size()))
            .toArray();
    int number = texts.size();
    for (long key : keys(words)) {
      postings.computeIfAbsent(key, k -> new Postings()).add(number);
    }
    texts.add(words);
    originals.add(text);
  }

  /** Texts there are. */
  public int size() {
    return texts.size();
  }

  /**
   * The text with the highest ROUGE-L, of several the one that was added first.
   *
   * @param atLeast texts with a lower one do not count, nor do those with 0
   */
  public Optional<Match> nearest(String text, double atLeast) {
    int[] words = known(WordTokens.of(text));
    int[] shared = shared(words);
    LcsPattern pattern = new LcsPattern(words);
    int best = -1;
    double bestF = 0;
    for (int i = 0; i < shared.length; i++) {
      int[] other = texts.get(i);
      double most = f(shared[i], words.length, other.length);
      if (shared[i] > 0 && most >= atLeast && most > bestF) {
        double f = f(pattern.with(other), words.length, other.length);
        if (f >= atLeast && f > bestF) {
          best = i;
          bestF = f;
        }
      }
    }
    return best < 0 ? Optional.empty() : Optional.of(new Match(originals.get(best), bestF));
  }

  private static double f(int common, int m, int n) {
    return 2.0 * common / (m + n);
  }

  /** Words that no text has get ids of their own, below 0. */
  private int[] known(List<String> words) {
    Map<String, Integer> fresh = new HashMap<>();
    return words.stream()
        .mapToInt(
            w -> {
              Integer id = ids.get(w);
              return id == null ? fresh.computeIfAbsent(w, x -> -1 - fresh.size()) : id;
            })
        .toArray();
  }

  /** For each text, how many words it has in common with these, repetitions counted. */
  private int[] shared(int[] words) {
    int[] counts = new int[texts.size()];
    for (long key : keys(words)) {
      Postings list = postings.get(key);
      for (int i = 0; list != null && i < list.size; i++) {
        counts[list.items[i]]++;
      }
    }
    return counts;
  }

  /** The second "the" of a text is another key than its first. */
  private static long[] keys(int[] words) {
    Map<Integer, Integer> seen = new HashMap<>();
    return Arrays.stream(words)
        .mapToLong(w -> ((long) w << 32) | (seen.merge(w, 1, Integer::sum) - 1))
        .toArray();
  }
}
