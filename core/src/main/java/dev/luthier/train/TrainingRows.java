package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The encoded rows of a run: each a document, or several packed together.
 *
 * @param rows for each row its documents
 * @param collator makes batches of them
 */
public record TrainingRows(List<List<TokenSequence>> rows, Collator collator) {
  /** Copies the list of rows. */
  public TrainingRows {
    rows = List.copyOf(rows);
  }

  /** How many rows. */
  public int size() {
    return rows.size();
  }

  /** The rows with these indices as a batch. */
  public Batch batch(int... indices) {
    return collator.packed(Arrays.stream(indices).mapToObj(rows::get).toList());
  }

  /** The batch of this many rows that takes the most memory: the longest ones together. */
  public Batch longest(int count) {
    int[] indices =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -length(i)).thenComparing(i -> i))
            .limit(count)
            .mapToInt(i -> i)
            .toArray();
    return batch(indices);
  }

  /** All rows in order, in batches of this many; at most {@code limit} rows when it is above 0. */
  public List<Batch> batches(int count, int limit) {
    int end = limit > 0 ? Math.min(limit, rows.size()) : rows.size();
    List<Batch> out = new ArrayList<>();
    for (int from = 0; from < end; from += count) {
      out.add(batch(IntStream.range(from, Math.min(end, from + count)).toArray()));
    }
    return out;
  }

  private int length(int row) {
    return rows.get(row).stream().mapToInt(TokenSequence::length).sum();
  }
}
