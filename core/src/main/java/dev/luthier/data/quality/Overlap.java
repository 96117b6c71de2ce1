package dev.luthier.data.quality;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * Evaluation rows that stand in the training set too: whole, or by n-grams of words (13 by default,
 * as GPT-3's training data was filtered: Brown et al. 2020, appendix C). Texts are compared as
 * lower-case words without punctuation. An evaluation text of fewer than n words is only compared
 * whole.
 *
 * <p>N-grams in more than 10 evaluation rows are boilerplate of the set (instructions, answer
 * choices) and do not count. The paper ignores those in more than 10 training documents, which are
 * known only when all have been read.
 *
 * <p>Memory: 32 to 64 bytes for each n-gram of the evaluation set: 24 to 48 for its 64-bit hash and
 * an index, in tables between a quarter and half full, and 8 to 16 for each row it stands in. Two
 * n-grams share a hash with probability 2^-64; texts are not kept.
 *
 * <p>Built by one thread; {@link #of} may then be called by many.
 */
public final class Overlap {
  /** GPT-3's n. */
  public static final int WORDS = 13;

  /** Evaluation rows beyond which an n-gram is boilerplate. */
  public static final int BOILERPLATE_ROWS = 10;

  private final int n;
  private final HashRows ngrams = new HashRows(BOILERPLATE_ROWS);
  private final HashRows wholes = new HashRows(Integer.MAX_VALUE);
  private final List<Integer> sizes = new ArrayList<>();

  /**
   * An evaluation row that a training text shares words with.
   *
   * @param row index of the evaluation row, in the order of {@link #add}
   * @param shared its n-grams that stand in the training text
   * @param of all its n-grams, each counted once
   * @param whole whether the two are the same words
   */
  public record Hit(int row, int shared, int of, boolean whole) {
    /** Returns the share of the evaluation row's n-grams in the training text, 0 to 1. */
    public double share() {
      return whole ? 1 : (double) shared / of;
    }
  }

  /** An empty index of n-grams of 13 words. */
  public Overlap() {
    this(WORDS);
  }

  /** An empty index of n-grams of n words. */
  public Overlap(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("n is " + n + ": must be at least 1");
    }
    this.n = n;
  }

  /** Adds the text of the next evaluation row: the question, and the answer where that matters. */
  public void add(String evaluationText) {
    int row = sizes.size();
    List<String> words = Words.of(evaluationText);
    Set<Long> hashes = ngrams(words);
    hashes.forEach(hash -> ngrams.add(hash, row));
    if (!words.isEmpty()) {
      wholes.add(hash(words), row);
    }
    sizes.add(hashes.size());
  }

  /** Returns how many evaluation rows there are. */
  public int rows() {
    return sizes.size();
  }

  /** Returns the evaluation rows that a training text shares n-grams with, by row. */
  public List<Hit> of(String trainingText) {
    List<String> words = Words.of(trainingText);
    TreeMap<Integer, Integer> shared = new TreeMap<>();
    for (long hash : ngrams(words)) {
      ngrams.forEachRow(hash, row -> shared.merge(row, 1, Integer::sum));
    }
    Set<Integer> same = new HashSet<>();
    if (!words.isEmpty()) {
      wholes.forEachRow(hash(words), same::add);
    }
    same.forEach(row -> shared.putIfAbsent(row, 0));
    List<Hit> hits = new ArrayList<>();
    shared.forEach(
        (row, count) -> hits.add(new Hit(row, count, sizes.get(row), same.contains(row))));
    return hits;
  }

  private Set<Long> ngrams(List<String> words) {
    Set<Long> hashes = new HashSet<>();
    long[] word = words.stream().mapToLong(Overlap::hash).toArray();
    for (int i = 0; i + n <= word.length; i++) {
      long hash = 0;
      for (int k = i; k < i + n; k++) {
        hash = mix(hash + word[k]);
      }
      hashes.add(hash);
    }
    return hashes;
  }

  private static long hash(List<String> words) {
    long hash = words.size();
    for (String word : words) {
      hash = mix(hash + hash(word));
    }
    return hash;
  }

  private static long hash(String word) {
    long hash = word.length();
    for (int i = 0; i < word.length(); i++) {
      hash = mix(hash + word.charAt(i));
    }
    return hash;
  }

  /** SplitMix64's step (Steele, Lea and Flood 2014), a permutation of 64-bit numbers. */
  private static long mix(long x) {
    long z = x + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
