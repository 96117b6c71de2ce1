package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.Json;
import dev.luthier.generate.FillMask;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyEncoders;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoders from scratch, and further, on texts whose every word tells its neighbour. */
class PretrainEncoderTest {
  private static final List<String> ANIMALS = List.of("dog", "cat", "cow", "duck");
  private static final List<String> SOUNDS = List.of("barks", "purrs", "moos", "quacks");

  @TempDir Path folder = Path.of("");

  private Path texts(int count) throws IOException {
    Random random = new Random(3);
    String text =
        IntStream.range(0, count)
            .map(i -> random.nextInt(4))
            .mapToObj(i -> "the " + ANIMALS.get(i) + " here " + SOUNDS.get(i) + " .")
            .collect(Collectors.joining("\n<|endoftext|>\n"));
    return Files.writeString(folder.resolve("texts.txt"), text);
  }

  private Settings settings(String type, Path output) throws IOException {
    var config =
        switch (type) {
          case "bert" -> TinyEncoders.bert(1);
          case "roberta" -> TinyEncoders.roberta(1);
          default -> TinyEncoders.distilBert(1);
        };
    config.put("initializer_range", 0.1);
    Path file = folder.resolve("config.json");
    Json.write(file, config);
    return new Settings()
        .set("output", output.toString(), "")
        .set("data.train", "[" + texts(400) + "]", "")
        .set("data.maxLength", "32", "")
        .set("tokenizer.vocabSize", "330", "")
        .set("model.config", file.toString(), "")
        .set("train.microBatchSize", "16", "")
        .set("train.learningRate", "3e-3", "")
        .set("train.maxSteps", "200", "");
  }

  private static ObjectNode classifier() {
    ObjectNode config = TinyEncoders.bert(40);
    config.putArray("architectures").add("BertForSequenceClassification");
    return config;
  }

  private static RunResult run(Settings settings, boolean resume) {
    return Pretrain.run(
        settings.bind(PretrainSettings.class), resume, () -> false, new TrainListener() {});
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert", "roberta", "distilbert"})
  void an_encoder_learns_what_stands_beside_what(String type) throws IOException {
    Path output = folder.resolve("out");
    run(settings(type, output), false);
    Tokenizer tokenizer = Tokenizer.load(output);
    FillMask filler =
        new FillMask(
            new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).load(output).transformer(),
            tokenizer);
    String mask = tokenizer.maskToken().orElseThrow();
    // Every animal twice: what is asked first must not change what is answered next.
    for (int i = 0; i < 8; i++) {
      String asked = "the " + ANIMALS.get(i % 4) + " here";
      // A space before the mask is the one before the word.
      FillMask.Guess guess = filler.fill(asked + (i < 4 ? "" : " ") + mask + " .", 1).get(0).get(0);
      assertThat(guess.token()).as(asked).isEqualTo("Ġ" + SOUNDS.get(i % 4));
      assertThat(guess.probability()).isGreaterThan(0.8);
      assertThat(guess.text()).isEqualTo(asked + " " + SOUNDS.get(i % 4) + " .");
    }
    assertThat(filler.fill("the" + mask + " here" + mask, 3)).hasSize(2);
    assertThat(Json.read(output.resolve("config.json")).path("pad_token_id").asInt())
        .isEqualTo(tokenizer.padId().orElseThrow());
    assertThat(output.resolve("generation_config.json")).doesNotExist();
  }

  @Test
  void a_model_that_is_there_goes_on_with_its_own_tokenizer() throws IOException {
    Path first = folder.resolve("first");
    run(settings("bert", first), false);
    Settings further =
        new Settings()
            .set("from", first.toString(), "")
            .set("output", folder.resolve("second").toString(), "")
            .set("data.train", "[" + texts(400) + "]", "")
            .set("data.maxLength", "32", "")
            .set("train.microBatchSize", "16", "")
            .set("train.maxSteps", "3", "");
    RunResult result = run(further, false);
    assertThat(Double.parseDouble(String.valueOf(result.results().get("loss")))).isLessThan(1.0);
    assertThat(Tokenizer.load(folder.resolve("second")).encodeIds("the dog", true))
        .isEqualTo(Tokenizer.load(first).encodeIds("the dog", true));
  }

  @Test
  void what_learns_from_prompts_and_answers_is_sent_to_sft() throws IOException {
    Path file = folder.resolve("t5.json");
    Json.write(file, TinyEncoders.t5(true, 100));
    Settings settings =
        settings("bert", folder.resolve("out")).set("model.config", file.toString(), "");
    assertThatThrownBy(() -> run(settings, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("luthier sft")
        .hasMessageContaining("docs/pretrain.md#encoders");
    Json.write(file, classifier());
    assertThatThrownBy(() -> run(settings, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("luthier train-classifier");
  }
}
