package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model from nothing in the shape that a config.json gives. */
class PretrainFamilyTest {
  @TempDir private Path temp = Path.of("");

  private Settings settings(String config) throws IOException {
    Path texts = temp.resolve("texts.txt");
    Files.writeString(texts, "the cat sat on the mat and looked at the other cat. ".repeat(20));
    Path file = temp.resolve("config.json");
    Files.writeString(file, config);
    return new Settings()
        .set("output=" + temp.resolve("out"))
        .set("data.train=[" + texts + "]")
        .set("data.maxLength=32")
        .set("tokenizer.vocabSize=260")
        .set("train.maxSteps=2")
        .set("model.config=" + file);
  }

  private static void run(Settings settings) {
    Pretrain.run(settings.bind(PretrainSettings.class), false, () -> false, new TrainListener() {});
  }

  private static String gpt2(int positions) {
    return """
        {"model_type": "gpt2", "vocab_size": 50257, "n_embd": 16, "n_layer": 2, "n_head": 2,
         "n_positions": %d, "eos_token_id": 50256}"""
        .formatted(positions);
  }

  @Test
  void it_is_of_the_family_that_the_file_says_with_the_tokenizers_vocabulary() throws IOException {
    run(settings(gpt2(32)));
    Path out = temp.resolve("out");
    LoadedModel model = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).load(out);
    int vocabulary = Tokenizer.load(out).vocabSize();
    assertThat(model.config().path("model_type").asText()).isEqualTo("gpt2");
    assertThat(model.transformer().shape().vocabulary()).isEqualTo(vocabulary);
    assertThat(model.config().path("eos_token_id").asInt()).isLessThan(vocabulary);
    assertThat(model.transformer().linears()).containsKey("transformer.h.1.attn.c_attn");
  }

  @Test
  void sequences_longer_than_its_positions_are_refused() throws IOException {
    Settings settings = settings(gpt2(16));
    assertThatThrownBy(() -> run(settings))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("data.maxLength is 32")
        .hasMessageContaining("16 positions");
  }

  @Test
  void other_settings_of_the_shape_are_refused_beside_it() throws IOException {
    Settings settings = settings(gpt2(32)).set("model.hiddenSize=64");
    assertThatThrownBy(() -> run(settings))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("model.config");
  }
}
