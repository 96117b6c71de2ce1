package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Batch;
import dev.luthier.format.Json;
import dev.luthier.generate.Inference;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.TinyEncoders;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  private static float[] logits(ObjectNode config, Path weights) {
    Json.write(weights.resolve("config.json"), config);
    Transformer model = TinyModels.LOADER.load(weights).transformer();
    Batch b = TinyModels.batch();
    try (PointerScope scope = new PointerScope()) {
      Places places = Places.whole(b.positions(), b.documents(), b.rows(), b.length());
      Pass pass = model.pass(places.withSource(6));
      Tensor ids = Tensors.longs(b.tokens(), Device.CPU, b.rows(), b.length());
      return Tensors.toFloats(
          Inference.logits(model, Inference.hidden(model, ids, pass, List.of()), pass));
    }
  }

  @Test
  void transformers_5_calls_heads_tied_that_are_stored_beside_the_embedding(@TempDir Path temp) {
    ObjectNode config = TinyEncoders.t5(false, 40);
    TinyModels.write(config, temp);
    float[] expected = logits(config, temp);
    config.put("tie_word_embeddings", true).put("scale_decoder_outputs", false);
    assertThat(logits(config, temp)).isEqualTo(expected);
  }

  @Test
  void mt5_is_t5_1_1(@TempDir Path temp) {
    ObjectNode config = TinyEncoders.t5(false, 40);
    TinyModels.write(config, temp);
    float[] expected = logits(config, temp);
    config.put("model_type", "mt5").remove(List.of("feed_forward_proj", "tie_word_embeddings"));
    assertThat(logits(config, temp)).isEqualTo(expected);
    // as transformers 5 writes it
    assertThat(logits(config.put("tie_word_embeddings", true), temp)).isEqualTo(expected);
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
