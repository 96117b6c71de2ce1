package dev.luthier.bench;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.DataOrder;
import dev.luthier.data.TokenSequence;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.TrainingRows;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the input side of a step costs: the order of an epoch's rows, and a packed micro-batch. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BatchBenchmark {
  /** An epoch's rows. */
  @State(Scope.Benchmark)
  public static class Epoch {
    @Param({"10000", "1000000"})
    int rows;
  }

  /** Rows of the longest length, each packed from documents of 32 to 331 tokens. */
  @State(Scope.Benchmark)
  public static class Rows {
    private static final int ROWS = 2000;

    @Param({"512", "2048"})
    int length;

    @Param({"2", "8"})
    int microBatch;

    private TrainingRows rows = new TrainingRows(List.of(), new Collator(0));
    private int at;

    /** Draws the documents. */
    @Setup
    public void fill() {
      SplittableRandom random = new SplittableRandom(1);
      List<List<TokenSequence>> out = new ArrayList<>();
      for (int row = 1; row <= ROWS; row++) {
        List<TokenSequence> documents = new ArrayList<>();
        for (int left = length; left > 0; left -= documents.get(documents.size() - 1).length()) {
          int[] tokens = random.ints(Math.min(left, 32 + random.nextInt(300)), 1, 32000).toArray();
          documents.add(new TokenSequence(tokens, tokens.clone(), row));
        }
        out.add(documents);
      }
      rows = new TrainingRows(out, new Collator(0, 16));
    }

    private int[] next() {
      int[] indices = new int[microBatch];
      for (int i = 0; i < microBatch; i++) {
        indices[i] = at++ % ROWS;
      }
      return indices;
    }
  }

  /** The order of an epoch, drawn once in it. */
  @Benchmark
  public int[] order(Epoch epoch) {
    return new DataOrder(epoch.rows, 4, 2, 42, true).permutation(0);
  }

  /** A micro-batch with its label tokens. */
  @Benchmark
  public LabelTokens batch(Rows rows) {
    Batch batch = rows.rows.batch(rows.next());
    return LabelTokens.of(batch);
  }
}
