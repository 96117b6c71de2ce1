package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.nn.Linear;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Objective;
import dev.luthier.train.StepLayout;
import dev.luthier.train.Trainables;
import dev.luthier.train.WeightSource;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits and all gradients against a second implementation in float64. */
class PlainModelTest {
  static Stream<String> settings() {
    return TinyConfigs.all().keySet().stream();
  }

  private static ObjectNode config(String setting) {
    return TinyConfigs.get(setting);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void logits_and_gradients_of_all_weights_are_those_of_the_plain_model(String setting) {
    Transformer model = TinyModels.full(config(setting)).transformer();
    try (PointerScope scope = new PointerScope()) {
      PlainModel plain = new PlainModel(config(setting), model.parameters().all(), 1);
      same(plain, model);
      assertThat(plain.unread()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void gradients_of_adapters_are_those_of_the_plain_model(String setting, @TempDir Path temp) {
    Path folder = TinyModels.write(config(setting), temp.resolve("base"));
    Transformer model = TinyModels.lora(folder, TinyModels.LOADER).transformer();
    assertThat(model.adapted().keySet())
        .isEqualTo(withoutHead(model))
        .hasSizeGreaterThanOrEqualTo(8);
    try (PointerScope scope = new PointerScope()) {
      same(new PlainModel(config(setting), weights(model), 2), model);
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void gradients_of_adapters_over_four_bits_are_those_of_what_the_bits_say(
      String setting, @TempDir Path temp) {
    Path folder = TinyModels.write(config(setting), temp.resolve("base"));
    Transformer base = TinyModels.LOADER.load(folder).transformer();
    ModelLoader loader =
        new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.of(QuantSettings.defaults()));
    Transformer model = TinyModels.lora(folder, loader).transformer();
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> weights = weights(model);
      model.adapted().forEach((path, linear) -> weights.put(path + ".weight", stored(linear)));
      same(new PlainModel(config(setting), weights, 2), model);
      // Four bits are off by some per cent, and by no more.
      model
          .adapted()
          .forEach(
              (path, linear) -> {
                Tensor before = Objects.requireNonNull(base.linears().get(path)).baseWeight();
                double off =
                    linear.baseWeight().sub(before).norm().item_double()
                        / before.norm().item_double();
                assertThat(off).as(path).isBetween(0.01, 0.12);
              });
    }
  }

  private static Set<String> withoutHead(Transformer model) {
    Map<String, Linear> all = new LinkedHashMap<>(model.linears());
    all.values().remove(model.head());
    if (model.kind() == Transformer.Kind.ENCODER) {
      all.keySet().removeIf(path -> model.stage(path + ".weight") == model.blocks().size());
    }
    return all.keySet();
  }

  private static Map<String, Tensor> weights(Transformer model) {
    Map<String, Tensor> out = new LinkedHashMap<>(model.parameters().all());
    out.putAll(model.adapter().orElseThrow().all());
    return out;
  }

  private static Tensor stored(Linear linear) {
    Tensor w = linear.baseWeight();
    return linear.isTransposed() ? w.t().contiguous() : w;
  }

  private static void same(PlainModel plain, Transformer model) {
    Batch batch = TinyModels.batch(plain.c);
    float[] expected = Tensors.toFloats(plain.logits(batch).to(ScalarType.Float));
    float[] actual = TinyModels.logits(model, batch);
    int vocabulary = model.shape().vocabulary();
    for (int i = 0; i < expected.length; i++) {
      if (batch.documents()[i / vocabulary] != 0) {
        assertThat(actual[i]).as("logit " + i).isCloseTo(expected[i], within(5e-5f));
      }
    }
    double loss = plain.backward(batch);
    for (int kept : new int[] {0, model.blocks().size()}) {
      StepLayout layout = StepLayout.recomputing(vocabulary).keeping(kept);
      double ours =
          new BlockwiseStep(model, WeightSource.of(model), layout)
              .forwardBackward(batch, Objective.crossEntropy(), 1, 7);
      assertThat(ours).isCloseTo(loss, within(1e-5 * loss));
      Trainables.of(model).forEach((name, p) -> sameGradient(plain, name, p));
    }
  }

  private static void sameGradient(PlainModel plain, String name, Tensor parameter) {
    float[] expected = plain.gradient(name);
    float[] actual = Tensors.toFloats(parameter.grad());
    parameter.mutable_grad().zero_();
    double largest = 0.05; // some gradients are nothing but rounding, as those of keys' biases
    for (float g : expected) {
      largest = Math.max(largest, Math.abs(g));
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .as(name + "[" + i + "]")
          .isCloseTo(expected[i], within(1e-4 * largest));
    }
  }
}
