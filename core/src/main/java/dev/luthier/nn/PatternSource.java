package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Weights to measure with, at the speed of a copy: normal numbers from a pattern that is drawn once
 * and repeated, starting elsewhere for every name. Drawing 7 billion would take minutes.
 */
public final class PatternSource implements TensorSource, AutoCloseable {
  /** A prime, so that no two rows of a matrix are alike. */
  private static final int PERIOD = 1_048_573;

  private final RandomSource random;
  private final Tensor pattern;

  /**
   * @param standardDeviation of the numbers
   * @param dtype what the matrices are made in
   */
  public PatternSource(long seed, double standardDeviation, ScalarType dtype) {
    this.random = new RandomSource(seed, standardDeviation);
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor drawn = torch.empty(new long[] {PERIOD}, Tensors.options(dtype, Device.CPU), null);
      drawn.normal_(0, standardDeviation, new GeneratorOptional(Seeds.generator(seed)));
      pattern = Tensors.pin(drawn);
    }
  }

  @Override
  public Optional<long[]> shape(String name, long... asked) {
    return Optional.of(asked);
  }

  @Override
  public void read(String name, Init init, Tensor target) {
    if (init == Init.NORMAL) {
      try (PointerScope scope = new PointerScope()) {
        fill(target.view(-1), Math.floorMod(name.hashCode(), PERIOD));
      }
    } else {
      random.read(name, init, target);
    }
  }

  private void fill(Tensor flat, long start) {
    long from = start;
    for (long at = 0; at < flat.numel(); ) {
      long count = Math.min(PERIOD - from, flat.numel() - at);
      flat.narrow(0, at, count).copy_(pattern.narrow(0, from, count));
      at += count;
      from = 0;
    }
  }

  @Override
  public void close() {
    Tensors.release(pattern);
  }
}
