package dev.luthier.data;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Batches for a model with an encoder and a decoder. A row holds its prompt, padded on the right to
 * the longest, and behind it what the decoder reads: its first id, then the answer but for the last
 * token, padded on the right. Labels are in place:
 *
 * <pre>
 * prompt 5 6 1, answer 8 9 1    tokens  5 6 1 0 8 9    labels  . . . 8 9 1    documents  1 1 1 1 1 1
 * prompt 7 1, answer 4 1                7 1 . 0 4 .            . . . 4 1 .               1 1 0 1 1 0
 * </pre>
 *
 * @param padId id written on padding
 * @param start id that the decoder begins with
 * @param padToMultiple prompts' and answers' lengths are rounded up to multiples of this
 */
public record SourceTargetCollator(int padId, int start, int padToMultiple) implements BatchMaker {
  /** How many tokens of a sequence the encoder reads: those before the first label. */
  static int source(TokenSequence sequence) {
    int at = 0;
    while (at < sequence.length() && sequence.labels()[at] == TokenSequence.IGNORED) {
      at++;
    }
    return at;
  }

  /**
   * @param rows of one document each: prompt and answer
   */
  @Override
  public Batch make(List<List<TokenSequence>> rows, long epoch) {
    List<TokenSequence> pairs = rows.stream().map(row -> row.get(0)).toList();
    int source = rounded(pairs.stream().mapToInt(SourceTargetCollator::source).max().orElse(0));
    int target = rounded(pairs.stream().mapToInt(p -> p.length() - source(p)).max().orElse(0));
    int length = source + target;
    int size = Math.multiplyExact(rows.size(), length);
    long[] tokens = new long[size];
    long[] labels = new long[size];
    long[] positions = new long[size];
    long[] documents = new long[size];
    float[] weights = new float[size];
    int[][] sources = new int[rows.size()][];
    Arrays.fill(tokens, padId);
    Arrays.fill(labels, TokenSequence.IGNORED);
    Arrays.fill(weights, 1);
    for (int r = 0; r < pairs.size(); r++) {
      TokenSequence pair = pairs.get(r);
      sources[r] = new int[] {pair.row()};
      int read = source(pair);
      int at = r * length;
      for (int i = 0; i < read; i++) {
        tokens[at + i] = pair.tokens()[i];
        positions[at + i] = i;
        documents[at + i] = 1;
      }
      at += source;
      for (int i = 0; i < pair.length() - read; i++) {
        tokens[at + i] = i == 0 ? start : pair.tokens()[read + i - 1];
        labels[at + i] = pair.labels()[read + i];
        positions[at + i] = i;
        documents[at + i] = 1;
      }
    }
    return new Batch(
        rows.size(),
        length,
        tokens,
        labels,
        positions,
        documents,
        weights,
        sources,
        new Batch.Form(true, source, null));
  }

  @Override
  public List<ToIntFunction<List<TokenSequence>>> parts() {
    return List.of(row -> source(row.get(0)), row -> row.get(0).length() - source(row.get(0)));
  }

  private int rounded(int length) {
    return (length + padToMultiple - 1) / padToMultiple * padToMultiple;
  }
}
