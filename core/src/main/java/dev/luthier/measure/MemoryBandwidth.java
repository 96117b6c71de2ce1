package dev.luthier.measure;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How fast all threads together read memory. */
public final class MemoryBandwidth {
  /** Larger than any cache. */
  private static final long NUMBERS = 256L << 20;

  private static final int TIMES = 4;

  private MemoryBandwidth() {}

  /** Bytes per second: the sum of 1 GiB of float32, the fastest of several. */
  public static double measure() {
    double best = 0;
    try (PointerScope scope = new PointerScope()) {
      Tensor numbers =
          torch.ones(new long[] {NUMBERS}, Tensors.options(ScalarType.Float, Device.CPU));
      for (int i = 0; i < TIMES; i++) {
        long from = System.nanoTime();
        numbers.sum().close();
        best = Math.max(best, 4e9 * NUMBERS / (System.nanoTime() - from));
      }
    }
    return best;
  }
}
