package dev.luthier.data;

/**
 * One document as token ids with its labels. Labels stand at the tokens themselves, as Hugging Face
 * has them: {@code labels[i] == tokens[i]} where token {@code i} is trained and {@link #IGNORED}
 * where it is only read. The training step compares label {@code i} with the prediction made at
 * token {@code i - 1}, so a trained first token has no effect and the collator clears it.
 *
 * @param tokens (T) ids
 * @param labels (T) ids or {@link #IGNORED}
 * @param row 1-based number of the row in its file
 * @param part which part of its row it is
 * @param margin of a chosen answer, by how much it is better than the rejected one as far as its
 *     row says; else 0
 */
@SuppressWarnings("ArrayRecordComponent")
public record TokenSequence(int[] tokens, int[] labels, int row, Part part, double margin) {
  /** The label of a token that is read and not trained. */
  public static final int IGNORED = -100;

  public TokenSequence {
    if (tokens.length != labels.length) {
      throw new IllegalArgumentException(
          "row " + row + ": " + tokens.length + " tokens but " + labels.length + " labels");
    }
  }

  /** The whole of a row. */
  public TokenSequence(int[] tokens, int[] labels, int row) {
    this(tokens, labels, row, Part.TEXT, 0);
  }

  /** The same as this part of its row. */
  public TokenSequence as(Part other) {
    return new TokenSequence(tokens, labels, row, other, margin);
  }

  /** The same with this margin. */
  TokenSequence withMargin(double other) {
    return new TokenSequence(tokens, labels, row, part, other);
  }

  /** Number of tokens T. */
  public int length() {
    return tokens.length;
  }

  /** How many tokens count in the loss; the first token of a document never does. */
  public int trained() {
    return trained(1, tokens.length);
  }

  /** How many trained tokens stand in {@code [from, to)}, the first token of the row left out. */
  public int trained(int from, int to) {
    int count = 0;
    for (int i = Math.max(1, from); i < to; i++) {
      if (labels[i] != IGNORED) {
        count++;
      }
    }
    return count;
  }
}
