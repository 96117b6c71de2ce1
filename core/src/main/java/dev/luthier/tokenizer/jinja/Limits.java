package dev.luthier.tokenizer.jinja;

/**
 * How much work one rendering may do. The defaults are far above what conversations of a million
 * tokens need, and low enough that a hostile template ends within seconds.
 *
 * @param steps statements, operations and elements visited
 * @param outputChars length of the text
 * @param stringChars length of any one string on the way
 * @param totalChars sum of the lengths of all strings on the way; lists and other objects count as
 *     64 characters and 32 for each element
 */
public record Limits(long steps, int outputChars, int stringChars, long totalChars) {
  /** What rendering uses unless told otherwise. */
  public static final Limits DEFAULT = new Limits(50_000_000L, 32 << 20, 16 << 20, 256L << 20);

  /** Checks that all limits are positive. */
  public Limits {
    if (steps <= 0 || outputChars <= 0 || stringChars <= 0 || totalChars <= 0) {
      throw new IllegalArgumentException(
          "limits must be positive: "
              + steps
              + ", "
              + outputChars
              + ", "
              + stringChars
              + ", "
              + totalChars);
    }
  }
}
