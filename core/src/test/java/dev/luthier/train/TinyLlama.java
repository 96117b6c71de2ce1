package dev.luthier.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.model.Assembly;
import dev.luthier.model.Llama;
import dev.luthier.model.LlamaConfig;
import dev.luthier.model.Task;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.TensorSource;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A Transformer small enough to check by brute force, with weights large enough that mistakes show.
 */
public final class TinyLlama {
  /** Its configuration: D 16, 2 layers, 4 heads over 2 key heads, vocabulary 40. */
  public static final LlamaConfig CONFIG =
      new LlamaConfig(
          40,
          16,
          24,
          2,
          4,
          2,
          4,
          128,
          1e-5,
          RopeScaling.none(4, 10000, 128),
          Activation.SILU,
          false,
          false,
          false,
          0.3);

  /** The same with the vocabulary of the test tokenizer. */
  public static final LlamaConfig TEXT_CONFIG =
      new LlamaConfig(
          400,
          16,
          24,
          2,
          4,
          2,
          4,
          128,
          1e-5,
          RopeScaling.none(4, 10000, 128),
          Activation.SILU,
          false,
          false,
          false,
          0.3);

  private TinyLlama() {}

  /** The model of a configuration. */
  public static Transformer build(LlamaConfig config, Linears linears) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("model_type", "llama");
    return Llama.build(config, new Assembly(json, "a test", linears, Task.LANGUAGE));
  }

  /** All weights trained. */
  public static Transformer full(long seed) {
    return full(seed, CONFIG);
  }

  /** All weights trained. */
  public static Transformer full(long seed, LlamaConfig config) {
    return build(config, new Linears(base(seed, config, true), Optional.empty()));
  }

  /** Frozen, with adapters whose B is not zero. */
  public static Transformer lora(long seed, LoraSettings settings) {
    Parameters adapter =
        new Parameters(
            new AllRandom(new RandomSource(seed + 1, 0.1)),
            ScalarType.Float,
            Device.CPU,
            n -> true);
    return build(
        CONFIG,
        new Linears(base(seed, CONFIG, false), Optional.of(new LoraLayers(settings, adapter))));
  }

  /** The gradients by parameter, which are cleared. */
  static Map<String, float[]> takeGradients(Transformer model) {
    Map<String, float[]> out = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      Trainables.of(model).forEach((name, p) -> out.put(name, Tensors.toFloats(p.grad())));
    }
    new Gradients(Trainables.of(model)).clear();
    return out;
  }

  private static Parameters base(long seed, LlamaConfig config, boolean trained) {
    return new Parameters(
        new RandomSource(seed, config.initializerRange()),
        ScalarType.Float,
        Device.CPU,
        n -> trained);
  }

  /** Draws even what would start at zero. */
  private record AllRandom(RandomSource source) implements TensorSource {
    @Override
    public Optional<long[]> shape(String name, long... asked) {
      return Optional.of(asked);
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      source.read(name, Init.NORMAL, target);
    }
  }
}
