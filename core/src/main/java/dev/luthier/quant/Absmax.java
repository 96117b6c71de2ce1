package dev.luthier.quant;

import dev.luthier.tensor.Tensors;
import java.nio.FloatBuffer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The largest magnitude of each block of a matrix. */
public sealed interface Absmax permits Absmax.Plain, NestedAbsmax {
  /** Number of blocks. */
  long blocks();

  /** The tensors that it stands in, on the CPU. */
  List<Tensor> tensors();

  /** Reads it from any one thread. */
  Reader reader();

  /** Values of some blocks. */
  interface Reader {
    /** Puts the values of {@code count} blocks from {@code first} on at the start of an array. */
    void get(long first, int count, float[] out);
  }

  /**
   * As they are.
   *
   * @param values float32 (blocks), contiguous
   */
  record Plain(Tensor values) implements Absmax {
    @Override
    public long blocks() {
      return values.numel();
    }

    @Override
    public List<Tensor> tensors() {
      return List.of(values);
    }

    @Override
    public Reader reader() {
      FloatBuffer floats = Tensors.bytes(values).asFloatBuffer();
      return (first, count, out) -> floats.get((int) first, out, 0, count);
    }
  }
}
