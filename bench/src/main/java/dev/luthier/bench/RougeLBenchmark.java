package dev.luthier.bench;

import dev.luthier.data.synthetic.RougeL;
import java.util.Optional;
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

/**
 * What it costs to compare a new instruction with all that are kept: texts of 5 to 20 words whose
 * frequencies fall as in English (Zipf's law over 20,000 words).
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RougeLBenchmark {
  /** Instructions that are kept. */
  @State(Scope.Benchmark)
  public static class Pool {
    private static final int WORDS = 20_000;

    @Param({"5000", "50000"})
    int size;

    private final SplittableRandom random = new SplittableRandom(1);
    private final RougeL index = new RougeL();

    /** Draws the texts. */
    @Setup
    public void fill() {
      for (int i = 0; i < size; i++) {
        index.add(text());
      }
    }

    private String text() {
      StringBuilder text = new StringBuilder();
      for (int left = 5 + random.nextInt(16); left > 0; left--) {
        // Rank r with probability near 1 / (r ln WORDS).
        text.append('w').append((int) Math.pow(WORDS, random.nextDouble())).append(' ');
      }
      return text.toString();
    }
  }

  /** The nearest text at the limit of Self-Instruct, if there is one. */
  @Benchmark
  public Optional<RougeL.Match> nearest(Pool pool) {
    return pool.index.nearest(pool.text(), 0.7);
  }
}
