package dev.luthier.bench;

import dev.luthier.quant.FourBitMatrix;
import dev.luthier.quant.FourBitType;
import dev.luthier.quant.Int8Matrix;
import dev.luthier.quant.QuantizedMatrix;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Tensors;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Quantizing and dequantizing a matrix of TinyLlama's feed-forward size, 11.5 million weights;
 * beside it a copy of the matrix in bfloat16, and the same dequantizing with libtorch's operators.
 * The median counts, or on a busy machine the least sample.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {"-Dorg.bytedeco.javacpp.maxphysicalbytes=0", "-Dorg.bytedeco.javacpp.maxbytes=0"})
public class QuantBenchmark {
  static final int ROWS = 5632;
  static final int COLUMNS = 2048;
  private static final int BLOCK_SIZE = 64;

  @Param({"1", "2"})
  int threads;

  @Param({"true", "false"})
  boolean kernels;

  private final PointerScope scope = new PointerScope();
  private final Tensor weight =
      torch
          .randn(new long[] {ROWS, COLUMNS}, Tensors.options(ScalarType.Float, Device.CPU))
          .to(ScalarType.BFloat16);
  private final Tensor half = torch.empty_like(weight);
  private final Tensor single = half.to(ScalarType.Float);
  private final QuantizedMatrix nf4 = nf4(false);
  private final QuantizedMatrix nested = nf4(true);
  private final QuantizedMatrix int8 = Int8Matrix.quantize("weight", weight);
  private final Tensor pairs = pairs();

  /** Sets libtorch's threads, and whether the C kernels may be used. */
  @Setup
  @SuppressWarnings("MustBeClosedChecker") // each fork runs one setting to its end
  public void start() {
    Native.threads(threads);
    if (!kernels) {
      Kernels.suspended();
    }
  }

  /** Frees the matrices. */
  @TearDown
  public void stop() {
    scope.close();
  }

  private FourBitMatrix nf4(boolean doubleQuant) {
    return FourBitMatrix.quantize("weight", weight, FourBitType.NF4, BLOCK_SIZE, doubleQuant);
  }

  /** The two values that each byte stands for, float32 (256, 2). */
  private static Tensor pairs() {
    float[] values = FourBitType.NF4.codebook();
    float[] out = new float[512];
    for (int b = 0; b < 256; b++) {
      out[2 * b] = values[b >> 4];
      out[2 * b + 1] = values[b & 15];
    }
    return Tensors.floats(out, Device.CPU, 256, 2);
  }

  /** Moves as many bytes as the result has, twice. */
  @Benchmark
  public Tensor copyBfloat16() {
    return half.copy_(weight);
  }

  /** NF4 with float32 magnitudes. */
  @Benchmark
  public void nf4ToBfloat16() {
    nf4.dequantizeInto(half);
  }

  /** NF4 with double quantization. */
  @Benchmark
  public void nestedNf4ToBfloat16() {
    nested.dequantizeInto(half);
  }

  /** NF4 with double quantization. */
  @Benchmark
  public void nestedNf4ToFloat32() {
    nested.dequantizeInto(single);
  }

  /** INT8. */
  @Benchmark
  public void int8ToBfloat16() {
    int8.dequantizeInto(half);
  }

  /** NF4 by libtorch's operators: look up pairs, multiply, round. */
  @Benchmark
  public void nf4ToBfloat16ByLibtorch() {
    try (PointerScope inner = new PointerScope();
        Grad off = Grad.off()) {
      Tensor packed = nf4.tensors().get(0).view(-1).to(ScalarType.Int);
      Tensor values = pairs.index_select(0, packed).view(-1, BLOCK_SIZE);
      values.mul_(nf4.tensors().get(1).view(-1, 1));
      half.view(-1, BLOCK_SIZE).copy_(values);
    }
  }

  /** Quantizing to NF4 with double quantization. */
  @Benchmark
  public void quantizeNf4() {
    try (PointerScope inner = new PointerScope()) {
      nf4(true);
    }
  }

  /** Quantizing to INT8. */
  @Benchmark
  public void quantizeInt8() {
    try (PointerScope inner = new PointerScope()) {
      Int8Matrix.quantize("weight", weight);
    }
  }
}
