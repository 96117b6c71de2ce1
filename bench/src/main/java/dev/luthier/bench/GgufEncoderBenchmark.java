package dev.luthier.bench;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.luthier.format.GgufType;
import dev.luthier.llamacpp.LlamaCpp;
import dev.luthier.quant.GgufEncoder;
import dev.luthier.tensor.Native;
import java.util.Random;
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

/** Quantizing 262,144 weights to ggml's blocks on one thread, and beside it ggml's own function. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class GgufEncoderBenchmark {
  private static final int ROWS = 128;
  private static final int COLUMNS = 2048;

  @Param({"Q8_0", "Q4_0", "Q4_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"})
  GgufType type = GgufType.Q8_0;

  @Param({"false", "true"})
  boolean importance;

  private final float[] values = new float[ROWS * COLUMNS];
  private float[] weights = {};
  private byte[] out = {};
  private final Memory in = new Memory(4L * ROWS * COLUMNS);
  private final Memory blocks = new Memory(4L * ROWS * COLUMNS);
  private Pointer nativeWeights = Pointer.NULL;

  /** Draws the weights. */
  @Setup
  public void start() {
    Native.threads(1);
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    in.write(0, values, 0, values.length);
    if (importance) {
      weights = new float[COLUMNS];
      for (int i = 0; i < COLUMNS; i++) {
        weights[i] = (float) Math.exp(random.nextGaussian());
      }
      Memory memory = new Memory(4L * COLUMNS);
      memory.write(0, weights, 0, COLUMNS);
      nativeWeights = memory;
    }
    out = new byte[ROWS * new GgufEncoder(type, COLUMNS, weights).rowBytes()];
  }

  /** Ours. */
  @Benchmark
  public byte[] java() {
    new GgufEncoder(type, COLUMNS, weights).encode(values, ROWS, out);
    return out;
  }

  /** ggml's. */
  @Benchmark
  public long ggml() {
    Object[] arguments = {
      type.code(), in, blocks, 0L, (long) ROWS, (long) COLUMNS, importance ? nativeWeights : null
    };
    return LlamaCpp.library().getFunction("ggml_quantize_chunk").invokeLong(arguments);
  }
}
