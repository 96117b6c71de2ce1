package dev.luthier.data;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * B rows of T tokens, row-major, padded on the right. A row holds one document, or several when the
 * data is packed; tokens of different documents must not attend to one another.
 *
 * <p>Example: documents {@code [5 6 7]} and {@code [8 9]} packed into one row, beside a row that
 * holds {@code [4 3]}:
 *
 * <pre>
 * tokens     5 6 7 8 9    documents  1 1 1 2 2    positions  0 1 2 0 1
 *            4 3 . . .               1 1 0 0 0               0 1 0 0 0
 * </pre>
 *
 * <p>Padding is where {@code documents} is 0, whatever id stands there: the padding token may be
 * the end-of-text token, which must stay trainable.
 *
 * @param rows B
 * @param length T
 * @param tokens (B, T) ids
 * @param labels (B, T) aligned to the tokens, {@link TokenSequence#IGNORED} where nothing is
 *     trained; always so for the first token of a document and for padding
 * @param positions (B, T) place of the token in its document, from 0; 0 on padding
 * @param documents (B, T) 1, 2, 3, ... within the row; 0 on padding
 * @param weights (B, T) factor of each label in the loss; counts only where there is a label
 * @param sources for each row and each of its documents, the 1-based row number in the data file
 * @param form what else the model is to know
 */
@SuppressWarnings("ArrayRecordComponent")
public record Batch(
    int rows,
    int length,
    long[] tokens,
    long[] labels,
    long[] positions,
    long[] documents,
    float[] weights,
    int[][] sources,
    Form form) {

  /**
   * How a batch is to be read.
   *
   * @param inPlace whether a label is predicted at its own token, as masked tokens and classes are,
   *     and not at the one before
   * @param source of models with an encoder: how many tokens of each row, the first ones, it reads;
   *     else 0
   * @param types (B, T) segment of each token; null for all 0
   * @param values (N, C) what each of the N labelled tokens' scores should be, in their order,
   *     where that is numbers and no id; else null
   * @param answers what each document is, in the order of rows and documents; empty where all are
   *     texts that stand for themselves
   */
  public record Form(
      boolean inPlace,
      int source,
      long @Nullable [] types,
      float @Nullable [] values,
      List<Answer> answers) {
    /** Of a causal language model. */
    public static final Form CAUSAL = new Form(false, 0, null);

    /** Of an encoder, or of a model that gives labels. */
    public static final Form IN_PLACE = new Form(true, 0, null);

    /** Labels are ids. */
    public Form(boolean inPlace, int source, long @Nullable [] types) {
      this(inPlace, source, types, null, List.of());
    }

    /** The same with these answers. */
    public Form with(List<Answer> others) {
      return new Form(inPlace, source, types, values, others);
    }
  }

  /**
   * A document that is an answer with its prompt.
   *
   * @param part which of its row's
   * @param reference log-probability that a reference model gives its label tokens, nats; NaN where
   *     none was asked
   */
  public record Answer(Part part, double reference) {}

  /** A batch for a causal language model. */
  public Batch(
      int rows,
      int length,
      long[] tokens,
      long[] labels,
      long[] positions,
      long[] documents,
      float[] weights,
      int[][] sources) {
    this(rows, length, tokens, labels, positions, documents, weights, sources, Form.CAUSAL);
  }

  public Batch {
    int size = Math.multiplyExact(rows, length);
    if (tokens.length != size
        || labels.length != size
        || positions.length != size
        || documents.length != size
        || weights.length != size
        || sources.length != rows) {
      throw new IllegalArgumentException(
          "a batch of "
              + rows
              + " x "
              + length
              + " got arrays of "
              + Arrays.toString(
                  new int[] {
                    tokens.length, labels.length, positions.length, documents.length, weights.length
                  })
              + " and sources of "
              + sources.length
              + " rows");
    }
  }

  /**
   * One document per row, nothing padded, every weight 1: for evaluation of plain ids and for
   * tests. The label of each row's first token is cleared.
   *
   * @param tokens B rows of equal length
   * @param labels the same shape
   */
  public static Batch of(long[][] tokens, long[][] labels) {
    int rows = tokens.length;
    int length = rows == 0 ? 0 : tokens[0].length;
    long[] ids = new long[rows * length];
    long[] targets = new long[rows * length];
    long[] positions = new long[rows * length];
    long[] documents = new long[rows * length];
    float[] weights = new float[rows * length];
    int[][] sources = new int[rows][];
    Arrays.fill(documents, 1);
    Arrays.fill(weights, 1f);
    for (int row = 0; row < rows; row++) {
      if (tokens[row].length != length || labels[row].length != length) {
        throw new IllegalArgumentException("rows must be of equal length");
      }
      System.arraycopy(tokens[row], 0, ids, row * length, length);
      System.arraycopy(labels[row], 0, targets, row * length, length);
      for (int i = 0; i < length; i++) {
        positions[row * length + i] = i;
      }
      if (length > 0) {
        targets[row * length] = TokenSequence.IGNORED;
      }
      sources[row] = new int[] {row + 1};
    }
    return new Batch(rows, length, ids, targets, positions, documents, weights, sources);
  }

  /** The same batch with other weights, (B, T). */
  public Batch withWeights(float[] weights) {
    return new Batch(rows, length, tokens, labels, positions, documents, weights, sources, form);
  }

  /** The same batch, to be read in this way. */
  public Batch withForm(Form other) {
    return new Batch(rows, length, tokens, labels, positions, documents, weights, sources, other);
  }

  /** How many tokens count in the loss. */
  public int labelTokens() {
    int count = 0;
    for (long label : labels) {
      if (label != TokenSequence.IGNORED) {
        count++;
      }
    }
    return count;
  }

  /** How many tokens are not padding. */
  public int realTokens() {
    int count = 0;
    for (long document : documents) {
      if (document != 0) {
        count++;
      }
    }
    return count;
  }

  /** Whether any row holds more than one document. */
  public boolean packed() {
    for (int[] row : sources) {
      if (row.length > 1) {
        return true;
      }
    }
    return false;
  }
}
