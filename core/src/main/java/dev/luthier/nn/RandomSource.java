package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Fresh float32 parameters. Each draws from a generator of its own, seeded from the run's seed and
 * its name, so that the order of construction does not matter.
 *
 * @param seed the run's seed
 * @param standardDeviation the configuration's {@code initializer_range}
 */
public record RandomSource(long seed, double standardDeviation) implements TensorSource {
  @Override
  public Optional<Tensor> read(String name, Init init, long... shape) {
    Tensor t = torch.empty(shape, Tensors.options(ScalarType.Float, Device.CPU), null);
    switch (init) {
      case ONES -> t.fill_(Tensors.scalar(1));
      case ZEROS -> t.zero_();
      case KAIMING_UNIFORM -> {
        double bound = 1 / Math.sqrt(shape[shape.length - 1]);
        t.uniform_(-bound, bound, generator(name));
      }
      case NORMAL -> t.normal_(0, standardDeviation, generator(name));
    }
    return Optional.of(t);
  }

  private GeneratorOptional generator(String name) {
    return new GeneratorOptional(Seeds.generator(seed, name.hashCode()));
  }
}
