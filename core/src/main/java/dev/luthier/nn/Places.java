package dev.luthier.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the tokens of a pass stand.
 *
 * @param rows B
 * @param keys S, all tokens of a row so far
 * @param queries T, the new ones: the last T of the S
 * @param positions (B, T), row-major: each new token's position
 * @param documents (B, S), row-major: the document of each token, 0 for padding; a document's
 *     tokens stand together
 * @param types (B, T): each new token's segment (BERT's {@code token_type_ids}); null for all 0
 * @param source of models with an encoder: how many of a row's tokens, the first ones, the encoder
 *     reads; else 0
 * @param ragged whether the one row holds the next tokens of many texts, whose earlier ones are not
 *     told here; see {@link Ragged}
 */
@SuppressWarnings("ArrayRecordComponent")
public record Places(
    int rows,
    int keys,
    int queries,
    long[] positions,
    long[] documents,
    long @Nullable [] types,
    int source,
    boolean ragged) {
  /** Tokens of which all earlier ones of their row are told. */
  public Places(
      int rows,
      int keys,
      int queries,
      long[] positions,
      long[] documents,
      long @Nullable [] types,
      int source) {
    this(rows, keys, queries, positions, documents, types, source, false);
  }

  /** The next tokens of many texts. */
  static Places ragged(long[] positions) {
    int n = positions.length;
    long[] documents = new long[n];
    Arrays.fill(documents, 1);
    return new Places(1, n, n, positions, documents, null, 0, true);
  }

  /** Of whole sequences, (B, T) each. */
  public static Places whole(long[] positions, long[] documents, int rows, int length) {
    return new Places(rows, length, length, positions, documents, null, 0);
  }

  /** The same with segments. */
  public Places withTypes(long @Nullable [] of) {
    return new Places(rows, keys, queries, positions, documents, of, source, ragged);
  }

  /** The same, of which the encoder reads the first tokens of each row. */
  public Places withSource(int tokens) {
    return new Places(rows, keys, queries, positions, documents, types, tokens, ragged);
  }

  /** The encoder's part of the new tokens: none when a cached sequence goes on. */
  public Places encoder() {
    int count = queries == keys ? source : 0;
    return new Places(
        rows,
        count,
        count,
        part(positions, queries, 0, count),
        part(documents, keys, 0, count),
        null,
        0);
  }

  /** The decoder's part. */
  public Places decoder() {
    int from = queries == keys ? source : 0;
    return new Places(
        rows,
        keys - source,
        queries - from,
        part(positions, queries, from, queries),
        part(documents, keys, source, keys),
        null,
        0);
  }

  /** The documents of the encoder's tokens, (B, source). */
  public long[] sourceDocuments() {
    return part(documents, keys, 0, source);
  }

  /** The documents of the new tokens, (B, T). */
  public long[] queryDocuments() {
    return part(documents, keys, keys - queries, keys);
  }

  private long[] part(long[] all, int width, int from, int to) {
    long[] out = new long[rows * (to - from)];
    for (int b = 0; b < rows; b++) {
      System.arraycopy(all, b * width + from, out, b * (to - from), to - from);
    }
    return out;
  }

  /** The largest position. */
  public long last() {
    long last = 0;
    for (long p : positions) {
      last = Math.max(last, p);
    }
    return last;
  }

  /**
   * Each new token's place in its document, counted from 0, whatever its position says; -1 for
   * padding.
   */
  public long[] counted() {
    if (ragged) {
      return positions;
    }
    long[] all = countedKeys();
    long[] out = new long[rows * queries];
    for (int b = 0; b < rows; b++) {
      System.arraycopy(all, b * keys + keys - queries, out, b * queries, queries);
    }
    return out;
  }

  /** The same of all tokens so far, (B, S). */
  public long[] countedKeys() {
    long[] out = new long[rows * keys];
    for (int i = 0; i < out.length; i++) {
      boolean begins = i % keys == 0 || documents[i] != documents[i - 1];
      out[i] = documents[i] == 0 ? -1 : begins ? 0 : out[i - 1] + 1;
    }
    return out;
  }
}
