package dev.luthier.data.quality;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Text that repeats itself: the loops of a model that found no end, and Gopher's measures (Rae et
 * al. 2021, "Scaling Language Models", table A1).
 */
public final class Repetition {
  /** The longest unit of a loop, in words. */
  private static final int LONGEST_UNIT = 60;

  private Repetition() {}

  /**
   * The end of a text that goes round in circles.
   *
   * @param unit the words that come again
   * @param times how often they stand at the end, one after another
   */
  public record Loop(String unit, int times) {}

  /**
   * Returns the loop in which a text ends: the same word 10 times, the same 2 to 7 words 5 times,
   * or the same 8 to 60 words 3 times; the last repetition may be cut. A unit without a letter
   * (columns of numbers) is no loop.
   */
  public static Optional<Loop> loop(String text) {
    String[] words = text.strip().split("\\s+");
    for (int unit = 1; unit <= Math.min(LONGEST_UNIT, words.length / 3); unit++) {
      int from = words.length - 1;
      while (from >= unit && words[from].equals(words[from - unit])) {
        from--;
      }
      int times = (words.length - 1 - from + unit) / unit;
      if (times >= (unit == 1 ? 10 : unit < 8 ? 5 : 3)) {
        int start = from - unit + 1;
        String repeated = String.join(" ", Arrays.copyOfRange(words, start, start + unit));
        if (repeated.codePoints().anyMatch(Character::isLetter)) {
          return Optional.of(new Loop(repeated, times));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the share of lines that stand earlier in the text already, between 0 and 1; empty lines
   * do not count. Gopher refuses documents above 0.3.
   */
  public static double duplicateLines(String text) {
    Set<String> seen = new HashSet<>();
    long[] counts = new long[2];
    text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .forEach(line -> counts[seen.add(line) ? 0 : 1]++);
    return counts[0] == 0 ? 0 : (double) counts[1] / (counts[0] + counts[1]);
  }

  /**
   * Returns the share of the text's characters (white space aside) that its most frequent n-gram of
   * words covers, between 0 and 1; 0 when no n-gram stands twice.
   */
  public static double topNgram(List<String> words, int n) {
    long all = words.stream().mapToLong(String::length).sum();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      counts.merge(String.join(" ", words.subList(i, i + n)), 1, Integer::sum);
    }
    long most = 0;
    for (Map.Entry<String, Integer> entry : counts.entrySet()) {
      if (entry.getValue() > 1) {
        most = Math.max(most, (long) entry.getValue() * (entry.getKey().length() - (n - 1)));
      }
    }
    return all == 0 ? 0 : Math.min(1, (double) most / all);
  }
}
