package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.FourBitType;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A folder in bitsandbytes' form is the same base as its float model quantized on load. */
class QuantizedBaseTest {
  @TempDir private Path temp = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void make() throws IOException {
    model = temp.resolve("model");
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":16,"intermediate_size":40,"num_hidden_layers":2,
             "num_attention_heads":4,"num_key_value_heads":2,"vocab_size":40,
             "max_position_embeddings":64,"tie_word_embeddings":true,"attention_bias":true,
             "initializer_range":0.3}
            """,
            "the test's configuration");
    Files.createDirectories(model);
    ModelFiles.write(
        model, config, loader().fresh(config, 3).transformer().parameters().all(), DType.F32);
  }

  private static ModelLoader loader() {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  }

  private static ModelLoader loader(QuantSettings quant) {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU, Optional.of(quant));
  }

  private Path quantized(QuantSettings quant, String... skip) {
    QuantizationConfig config =
        quant.type() == QuantSettings.Type.INT8
            ? QuantizationConfig.int8(List.of(skip))
            : QuantizationConfig.fourBit(
                FourBitType.named(quant.type().toString()).orElseThrow(),
                quant.doubleQuant(),
                List.of(skip));
    Path out = temp.resolve("quantized");
    new FolderQuantizer(config, quant.blockSize()).run(model, out, (done, total) -> {});
    return out;
  }

  private static float[] logProbs(LoadedModel loaded) {
    long[][] ids = {{5, 9, 3, 17, 22, 4, 38, 1}, {7, 7, 2, 30, 11, 19, 6, 25}};
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(
          new BlockwiseStep(loaded.transformer(), WeightSource.of(loaded.transformer()))
              .logProbs(Batch.of(ids, ids)));
    }
  }

  @ParameterizedTest
  @CsvSource({"NF4, 64, true", "NF4, 32, false", "FP4, 128, true", "INT8, 64, false"})
  void stored_and_quantized_on_load_are_bit_for_bit_the_same(
      QuantSettings.Type type, int blockSize, boolean doubleQuant) {
    QuantSettings quant = new QuantSettings(type, blockSize, doubleQuant, 0);
    Path folder = quantized(quant);
    float[] expected = logProbs(loader(quant).load(model));
    assertThat(logProbs(loader().load(folder))).isEqualTo(expected);
    assertThat(logProbs(loader(quant).load(folder))).isEqualTo(expected);
    assertThat(logProbs(loader(QuantSettings.stored()).load(folder))).isEqualTo(expected);
    LoadedModel training = loader().lora(folder, LoraSettings.defaults(), 1);
    assertThat(logProbs(training)).isEqualTo(expected);
    assertThat(logProbs(loader().load(model))).isNotEqualTo(expected);
    assertThat(ModelLoader.quantization(folder).orElseThrow().agrees(quant)).isTrue();
    assertThat(ModelLoader.quantization(model)).isEmpty();
  }

  @Test
  void matrices_that_were_skipped_stay_as_they_are_beside_quantized_ones() {
    Path folder = quantized(QuantSettings.defaults(), "lm_head", "k_proj", "mlp");
    float[] found = logProbs(loader().load(folder));
    assertThat(logProbs(loader(QuantSettings.defaults()).load(folder))).isEqualTo(found);
    assertThat(found).isNotEqualTo(logProbs(loader().load(model)));
    assertThat(found).isNotEqualTo(logProbs(loader(QuantSettings.defaults()).load(model)));
  }

  @Test
  void modules_that_an_adapter_saved_are_not_quantized() {
    Path adapter = temp.resolve("adapter");
    LoraSettings lora = LoraSettings.defaults().saving(List.of("down_proj"));
    LoadedModel trained = loader(QuantSettings.defaults()).lora(model, lora, 1);
    adapter.toFile().mkdirs();
    Adapters.write(
        adapter,
        new AdapterConfig(lora, "base"),
        dev.luthier.train.Trainables.of(trained.transformer()));
    float[] expected = logProbs(trained);
    LoadedModel again = loader(QuantSettings.defaults()).load(model, Optional.of(adapter));
    assertThat(logProbs(again)).isEqualTo(expected);
    // The quantized folder's own down_proj is passed over, with all that belongs to it.
    Path folder = quantized(QuantSettings.defaults());
    assertThat(logProbs(loader().load(folder, Optional.of(adapter)))).isEqualTo(expected);
  }

  @Test
  void all_of_its_weights_cannot_be_trained_and_other_settings_contradict_it() {
    Path folder = quantized(QuantSettings.defaults());
    assertThatThrownBy(() -> loader().full(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("use --method qlora");
    assertThatThrownBy(() -> loader(QuantSettings.int8()).load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("nf4, blocks of 64, double quantization")
        .hasMessageContaining("(int8)");
    ObjectNode config = Json.read(folder.resolve("config.json"));
    config.with(QuantizationConfig.KEY).put("quant_method", "gptq");
    Json.write(folder.resolve("config.json"), config);
    assertThatThrownBy(() -> loader().load(folder)).hasMessageContaining("'gptq'");
  }
}
