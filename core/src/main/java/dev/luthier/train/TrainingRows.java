package dev.luthier.train;

import dev.luthier.data.Batch;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.TokenSequence;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * The encoded rows of a run: each a document, or several packed together.
 *
 * @param rows for each row its documents; may be a view of files, which reads a row whenever it is
 *     asked for it
 * @param lengths tokens of a row, from its index
 * @param maker makes batches of them
 */
public record TrainingRows(
    List<List<TokenSequence>> rows, IntUnaryOperator lengths, BatchMaker maker) {
  /** Rows in memory. */
  public TrainingRows(List<List<TokenSequence>> rows, BatchMaker maker) {
    this(rows, row -> rows.get(row).stream().mapToInt(TokenSequence::length).sum(), maker);
  }

  /** How many rows. */
  public int size() {
    return rows.size();
  }

  /** The rows with these indices as a batch to evaluate on. */
  public Batch batch(int... indices) {
    return batch(BatchMaker.EVALUATION, indices);
  }

  /** The rows with these indices as a batch of a pass over the data, counted from 0. */
  public Batch batch(long epoch, int... indices) {
    return maker.make(Arrays.stream(indices).mapToObj(rows::get).toList(), epoch);
  }

  /**
   * The batch of this many rows that takes the most memory: the longest ones together, with those
   * of the longest parts where these are padded each for itself.
   */
  public Batch longest(int count) {
    Set<Integer> chosen = new LinkedHashSet<>();
    if (count > 1) {
      maker.parts().forEach(part -> largest(part).ifPresent(chosen::add));
    }
    longestRows(count).forEach(chosen::add);
    return batch(chosen.stream().limit(count).mapToInt(row -> row).toArray());
  }

  private OptionalInt largest(ToIntFunction<List<TokenSequence>> part) {
    int[] sizes = rows.stream().mapToInt(part).toArray();
    return IntStream.range(0, sizes.length).reduce((a, b) -> sizes[b] > sizes[a] ? b : a);
  }

  private IntStream longestRows(int count) {
    Comparator<int[]> longestFirst =
        Comparator.comparingInt((int[] row) -> -row[1]).thenComparingInt(row -> row[0]);
    PriorityQueue<int[]> longest = new PriorityQueue<>(longestFirst.reversed());
    for (int i = 0; i < rows.size(); i++) {
      longest.add(new int[] {i, lengths.applyAsInt(i)});
      if (longest.size() > count) {
        longest.remove();
      }
    }
    return longest.stream().sorted(longestFirst).mapToInt(row -> row[0]);
  }

  /**
   * All rows in order, in batches of this many; at most {@code limit} rows when it is above 0. A
   * view: a batch is made when it is asked for.
   */
  public List<Batch> batches(int count, int limit) {
    int end = limit > 0 ? Math.min(limit, rows.size()) : rows.size();
    return new AbstractList<>() {
      @Override
      public Batch get(int index) {
        int from = index * count;
        return batch(IntStream.range(from, Math.min(end, from + count)).toArray());
      }

      @Override
      public int size() {
        return (end + count - 1) / count;
      }
    };
  }
}
