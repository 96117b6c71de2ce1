package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.SourceOver;
import dev.luthier.nn.TensorSource;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Native;
import java.util.Optional;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A model before there are weights: every parameter has its name and shape and says whether it is
 * trained, and none takes memory.
 */
public final class Outline {
  private Outline() {}

  /**
   * The outline of a model that is to be trained.
   *
   * @param config the whole of config.json
   * @param where the file, for messages
   * @param lora the adapters; empty when all weights are trained
   */
  public static Transformer of(ObjectNode config, String where, Optional<LoraSettings> lora) {
    Native.load();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      TensorSource shapes = new RandomSource(0, 0);
      Parameters base =
          parameters(shapes, name -> lora.map(l -> LoraLayers.trainsBase(l, name)).orElse(true));
      Optional<LoraLayers> layers =
          lora.map(l -> new LoraLayers(l, parameters(shapes, name -> true)));
      return Families.build(config, where, new Linears(base, layers));
    }
  }

  /**
   * Parameters without values; what the model asks for is noted by the source as read.
   *
   * @param shapes which parameters there are
   * @param trainable which names get gradients
   */
  public static Parameters parameters(TensorSource shapes, Predicate<String> trainable) {
    return new Parameters(new Unread(shapes), ScalarType.Float, Device.META, trainable);
  }

  private record Unread(TensorSource source) implements SourceOver {
    @Override
    public boolean isQuantized(String name) {
      return false;
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      source.reserve(name);
    }
  }
}
