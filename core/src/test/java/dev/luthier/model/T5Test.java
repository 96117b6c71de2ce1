package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.TinyEncoders;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class T5Test {
  /** Mesh TensorFlow's and T5X's rules: 1 for ids, 1 / sqrt(inputs) for layers, queries scaled. */
  @Test
  void fresh_weights_are_spread_as_by_the_authors() {
    ObjectNode config = TinyEncoders.t5(false, 500).put("d_model", 64).put("d_kv", 16);
    config.put("d_ff", 128).put("num_heads", 5);
    Map<String, Double> expected =
        Map.of(
            "shared.weight", 1.0,
            "decoder.block.1.layer.0.SelfAttention.q.weight", 1 / Math.sqrt(64 * 16),
            "decoder.block.1.layer.1.EncDecAttention.k.weight", 1 / 8.0,
            "encoder.block.0.layer.0.SelfAttention.o.weight", 1 / Math.sqrt(5 * 16),
            "encoder.block.0.layer.1.DenseReluDense.wi_1.weight", 1 / 8.0,
            "encoder.block.0.layer.1.DenseReluDense.wo.weight", 1 / Math.sqrt(128),
            "lm_head.weight", 1 / 8.0);
    assertSpread(config, expected, 1);
    assertSpread(config.put("initializer_factor", 0.5), expected, 0.5);
  }

  private static void assertSpread(ObjectNode config, Map<String, Double> expected, double factor) {
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> weights = TinyEncoders.fresh(config).transformer().parameters().all();
      expected.forEach(
          (name, deviation) -> {
            double squares = 0;
            float[] numbers = Tensors.toFloats(Objects.requireNonNull(weights.get(name)));
            for (float f : numbers) {
              squares += f * (double) f;
            }
            assertThat(Math.sqrt(squares / numbers.length))
                .as(name)
                .isCloseTo(factor * deviation, within(0.03 * factor * deviation));
          });
    }
  }
}
