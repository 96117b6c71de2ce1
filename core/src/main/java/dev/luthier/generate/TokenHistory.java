package dev.luthier.generate;

import java.util.Arrays;

/** The ids of one row so far: its prompt, then what was generated. */
public final class TokenHistory {
  private int[] ids;
  private int length;
  private final int promptLength;

  /** Starts with a prompt, which is copied. */
  public TokenHistory(int[] prompt) {
    this.ids = Arrays.copyOf(prompt, prompt.length + 64);
    this.length = prompt.length;
    this.promptLength = prompt.length;
  }

  /** Appends a generated id. */
  public void add(int id) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, 2 * length);
    }
    ids[length++] = id;
  }

  /** The id at this place, counted from the start of the prompt. */
  public int get(int at) {
    return ids[at];
  }

  /** Prompt and generated ids together. */
  public int length() {
    return length;
  }

  /** How many ids were generated. */
  public int generated() {
    return length - promptLength;
  }

  /** The generated ids. */
  public int[] generatedIds() {
    return Arrays.copyOfRange(ids, promptLength, length);
  }

  /** Whether the ids end with the first {@code count} of these. */
  boolean endsWith(int[] sequence, int count) {
    return count <= length && Arrays.equals(ids, length - count, length, sequence, 0, count);
  }
}
