package dev.luthier.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lays rows of documents side by side as a {@link Batch}, padded on the right to the longest row.
 *
 * @param padId id written on padding; it is never looked at, so it may be the end-of-text id
 * @param padToMultiple the length is rounded up to a multiple of this; 1 leaves it
 */
public record Collator(int padId, int padToMultiple) implements BatchMaker {
  public Collator {
    if (padToMultiple < 1) {
      throw new IllegalArgumentException("padToMultiple must be at least 1, got " + padToMultiple);
    }
  }

  /** Pads to the longest row exactly. */
  public Collator(int padId) {
    this(padId, 1);
  }

  @Override
  public Batch make(List<List<TokenSequence>> rows, long epoch) {
    return packed(rows);
  }

  /** One document per row. */
  public Batch unpacked(List<TokenSequence> documents) {
    return packed(documents.stream().map(List::of).toList());
  }

  private static List<Batch.Answer> answers(List<List<TokenSequence>> rows) {
    List<Batch.Answer> out = new ArrayList<>();
    for (List<TokenSequence> row : rows) {
      for (TokenSequence document : row) {
        if (document.part() == Part.TEXT) {
          return List.of();
        }
        out.add(new Batch.Answer(document.part(), Double.NaN));
      }
    }
    return out;
  }

  /**
   * @param rows for each row its documents, in the order in which they stand in it
   */
  public Batch packed(List<List<TokenSequence>> rows) {
    int longest = 0;
    for (List<TokenSequence> row : rows) {
      longest = Math.max(longest, row.stream().mapToInt(TokenSequence::length).sum());
    }
    int length = (longest + padToMultiple - 1) / padToMultiple * padToMultiple;
    int size = Math.multiplyExact(rows.size(), length);
    long[] tokens = new long[size];
    long[] labels = new long[size];
    Arrays.fill(tokens, padId);
    Arrays.fill(labels, TokenSequence.IGNORED);
    long[] positions = new long[size];
    long[] documents = new long[size];
    float[] weights = new float[size];
    Arrays.fill(weights, 1f);
    int[][] sources = new int[rows.size()][];
    for (int r = 0; r < rows.size(); r++) {
      List<TokenSequence> row = rows.get(r);
      sources[r] = row.stream().mapToInt(TokenSequence::row).toArray();
      int at = r * length;
      for (int d = 0; d < row.size(); d++) {
        TokenSequence document = row.get(d);
        for (int i = 0; i < document.length(); i++, at++) {
          tokens[at] = document.tokens()[i];
          labels[at] = i == 0 ? TokenSequence.IGNORED : document.labels()[i];
          positions[at] = i;
          documents[at] = d + 1;
        }
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
        Batch.Form.CAUSAL.with(answers(rows)));
  }
}
