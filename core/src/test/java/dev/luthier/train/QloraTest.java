package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.Batch;
import dev.luthier.model.LlamaConfig;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Activation;
import dev.luthier.nn.Init;
import dev.luthier.nn.Linears;
import dev.luthier.nn.LoraLayers;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.Parameters;
import dev.luthier.nn.QuantizingSource;
import dev.luthier.nn.RandomSource;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.TensorSource;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An adapter over a quantized base trains as one over the same base dequantized beforehand. */
class QloraTest {
  private static LlamaConfig config(int hidden) {
    RopeScaling rope = RopeScaling.none(hidden / 4, 10000, 64);
    return new LlamaConfig(
        40,
        hidden,
        2 * hidden,
        2,
        4,
        2,
        hidden / 4,
        64,
        1e-5,
        rope,
        Activation.SILU,
        true,
        false,
        false,
        0.1);
  }

  private static Transformer model(
      LlamaConfig config, TensorSource source, ScalarType compute, Optional<QuantSettings> quant) {
    Parameters base =
        new Parameters(
            quant.<TensorSource>map(q -> new QuantizingSource(source, q)).orElse(source),
            compute,
            Device.CPU,
            name -> false);
    Parameters adapter =
        new Parameters(new AllRandom(), ScalarType.Float, Device.CPU, name -> true);
    return TinyLlama.build(
        config, new Linears(base, Optional.of(new LoraLayers(LoraSettings.defaults(), adapter))));
  }

  private record AllRandom() implements TensorSource {
    @Override
    public Optional<long[]> shape(String name, long... asked) {
      return Optional.of(asked);
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      new RandomSource(2, 0.1).read(name, Init.NORMAL, target);
    }
  }

  /** The weights of another model, matrices as they come out of their quantized form. */
  private record Dequantized(Map<String, float[]> matrices, TensorSource others)
      implements TensorSource {
    static Dequantized of(Transformer model, TensorSource others) {
      Map<String, float[]> matrices = new LinkedHashMap<>();
      try (PointerScope scope = new PointerScope()) {
        model
            .linears()
            .forEach(
                (path, linear) ->
                    matrices.put(path + ".weight", Tensors.toFloats(linear.baseWeight())));
      }
      return new Dequantized(matrices, others);
    }

    @Override
    public Optional<long[]> shape(String name, long... asked) {
      return others.shape(name, asked);
    }

    @Override
    public void read(String name, Init init, Tensor target) {
      float[] values = matrices.get(name);
      if (values == null) {
        others.read(name, init, target);
      } else {
        target.copy_(Tensors.floats(values, Device.CPU, Tensors.shape(target)));
      }
    }
  }

  private static Batch batch() {
    SplittableRandom random = new SplittableRandom(3);
    long[][] tokens = new long[3][17];
    for (long[] row : tokens) {
      for (int t = 0; t < row.length; t++) {
        row[t] = random.nextInt(40);
      }
    }
    return Batch.of(tokens, tokens);
  }

  private static Map<String, float[]> gradients(Transformer model, boolean recompute) {
    new BlockwiseStep(
            model, WeightSource.of(model), StepLayout.recomputing(40).keeping(recompute ? 0 : 2))
        .forwardBackward(batch(), Objective.crossEntropy(), 1.0 / 48, 7);
    Map<String, float[]> out = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      Trainables.of(model).forEach((name, p) -> out.put(name, Tensors.toFloats(p.grad())));
    }
    new Gradients(Trainables.of(model)).clear();
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "NF4, 64, true, 64, Float, true",
    "NF4, 64, true, 16, Float, true", // blocks cross rows
    "NF4, 32, false, 64, BFloat16, false",
    "FP4, 128, true, 64, BFloat16, true",
    "INT8, 64, true, 64, Float, false",
    "INT8, 64, true, 16, BFloat16, true"
  })
  void its_gradients_are_those_of_the_dequantized_base_bit_for_bit(
      QuantSettings.Type type,
      int blockSize,
      boolean doubleQuant,
      int hidden,
      String dtype,
      boolean recompute) {
    ScalarType compute = ScalarType.valueOf(dtype);
    LlamaConfig config = config(hidden);
    TensorSource random = new RandomSource(1, 0.1);
    QuantSettings quant = new QuantSettings(type, blockSize, doubleQuant, 0);
    Transformer quantized = model(config, random, compute, Optional.of(quant));
    Transformer plain = model(config, Dequantized.of(quantized, random), compute, Optional.empty());
    Map<String, float[]> expected = gradients(plain, recompute);
    Map<String, float[]> actual = gradients(quantized, recompute);
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).hasSize(28);
    expected.forEach((name, g) -> assertThat(actual.get(name)).as(name).isEqualTo(g));
    Map<String, float[]> original =
        gradients(model(config, random, compute, Optional.empty()), true);
    assertThat(original.values().iterator().next()).isNotEqualTo(actual.values().iterator().next());
  }

  /**
   * bitsandbytes' MatMul8bitLt: integers on the way forward, the dequantized matrix on the way
   * back.
   */
  @ParameterizedTest
  @CsvSource({"6", "0.5"})
  void int8_products_with_outliers_apart_are_near_those_of_the_dequantized_base(double threshold) {
    LlamaConfig config = config(64);
    TensorSource random = new RandomSource(1, 0.1);
    Map<String, float[]> plain =
        gradients(model(config, random, ScalarType.Float, Optional.of(QuantSettings.int8())), true);
    QuantSettings apart = new QuantSettings(QuantSettings.Type.INT8, 64, false, threshold);
    Map<String, float[]> integers =
        gradients(model(config, random, ScalarType.Float, Optional.of(apart)), true);
    assertThat(integers).isNotEmpty();
    integers.forEach(
        (name, g) -> {
          float[] expected = plain.getOrDefault(name, new float[0]);
          double error = 0;
          double size = 0;
          for (int i = 0; i < g.length; i++) {
            error += Math.pow(g[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
          }
          // Activations in 8 bits are off by a two-hundredth; nothing is off by nothing.
          assertThat(Math.sqrt(error / size)).as(name).isBetween(1e-6, 0.05);
        });
  }
}
