package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Fresh float32 parameters. Each draws from a generator of its own, seeded from the run's seed and
 * its name, so that the order of construction does not matter.
 *
 * @param seed the run's seed
 * @param deviation standard deviation of a normal parameter, by name
 */
public record RandomSource(long seed, ToDoubleFunction<String> deviation) implements TensorSource {
  /**
   * @param standardDeviation of all normal parameters
   */
  public RandomSource(long seed, double standardDeviation) {
    this(seed, name -> standardDeviation);
  }

  @Override
  public Optional<long[]> shape(String name, long... asked) {
    return Optional.of(asked);
  }

  @Override
  public void read(String name, Init init, Tensor target) {
    if (init == Init.AS_IS) {
      return;
    }
    if (Tensors.dtype(target) == ScalarType.Float && target.device().is_cpu()) {
      draw(name, init, target);
      return;
    }
    // The same numbers whatever the dtype and the device.
    try (PointerScope scope = new PointerScope()) {
      Tensor drawn =
          torch.empty(Tensors.shape(target), Tensors.options(ScalarType.Float, Device.CPU), null);
      draw(name, init, drawn);
      target.copy_(drawn);
    }
  }

  private void draw(String name, Init init, Tensor target) {
    switch (init) {
      case ONES -> target.fill_(Tensors.scalar(1));
      case ZEROS -> target.zero_();
      case KAIMING_UNIFORM -> {
        double bound = 1 / Math.sqrt(target.size(-1));
        target.uniform_(-bound, bound, generator(name));
      }
      case NORMAL -> target.normal_(0, deviation.applyAsDouble(name), generator(name));
      case AS_IS -> throw new IllegalStateException("nothing is drawn");
    }
  }

  private GeneratorOptional generator(String name) {
    return new GeneratorOptional(Seeds.generator(seed, name.hashCode()));
  }
}
