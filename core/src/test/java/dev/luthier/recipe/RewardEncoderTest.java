package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.DataSettings;
import dev.luthier.data.Example;
import dev.luthier.eval.reward.RewardModel;
import dev.luthier.format.Json;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyEncoders;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encoders learn which sound an animal makes. */
class RewardEncoderTest {
  private static final List<String> ANIMALS = List.of("dog", "cat", "cow", "duck");
  private static final List<String> SOUNDS = List.of("barks", "purrs", "moos", "quacks");

  @TempDir private Path folder = Path.of("");

  private Path base(String type) throws IOException {
    ObjectNode config = type.equals("bert") ? TinyEncoders.bert(1) : TinyEncoders.distilBert(1);
    config.put("initializer_range", 0.1);
    Json.write(folder.resolve("config.json"), config);
    Path texts = folder.resolve("texts.txt");
    Files.writeString(texts, "the dog cat cow duck here barks purrs moos quacks .\n".repeat(20));
    Path output = folder.resolve("base");
    Settings settings =
        new Settings()
            .set("output=" + output)
            .set("data.train=[" + texts + "]")
            .set("data.maxLength=32")
            .set("tokenizer.vocabSize=300")
            .set("model.config=" + folder.resolve("config.json"))
            .set("train.maxSteps=2");
    Pretrain.run(settings.bind(PretrainSettings.class), false, () -> false, new TrainListener() {});
    return output;
  }

  private Path pairs() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        if (i != j) {
          rows.add(
              Json.object()
                  .put("prompt", "the " + ANIMALS.get(i) + " here")
                  .put("chosen", SOUNDS.get(i))
                  .put("rejected", SOUNDS.get(j))
                  .toString());
        }
      }
    }
    return Files.write(folder.resolve("pairs.jsonl"), rows);
  }

  @ParameterizedTest
  @CsvSource({"bert, full", "bert, lora", "distilbert, full"})
  void an_encoder_learns_to_score(String type, String method) throws IOException {
    Path base = base(type);
    Path pairs = pairs();
    Path output = folder.resolve("reward");
    Settings settings = new Settings();
    settings.set("model=" + base).set("output=" + output).set("method=" + method);
    settings.set("data.train=" + pairs).set("data.eval=" + pairs).set("data.maxLength=64");
    settings.set("train.maxSteps=80").set("train.microBatchSize=12");
    settings.set("train.gradientAccumulation=1").set("data.packing=false");
    settings.set("train.learningRate=" + (method.equals("full") ? "3e-3" : "2e-2"));
    RunResult result =
        RewardRun.run(
            settings.bind(RewardSettings.class), false, () -> false, new TrainListener() {});
    Map<?, ?> after = (Map<?, ?>) Objects.requireNonNull(result.results().get("eval_after"));
    assertThat((Double) after.get("accuracy")).isEqualTo(1);
    ModelLoader loader = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
    LoadedModel model =
        method.equals("full")
            ? loader.load(output)
            : loader.load(base, java.util.Optional.of(output));
    RewardModel scorer =
        new RewardModel(model, Tokenizer.load(base), DataSettings.defaults(), 4, "a test");
    double[] scores =
        scorer.scores(
            List.of(
                scorer.encode(1, new Example.PromptCompletion("the cow here", "moos")),
                scorer.encode(2, new Example.PromptCompletion("the cow here", "barks")),
                scorer.encode(3, new Example.PromptCompletion("the dog here", "barks"))));
    assertThat(scores[0]).isGreaterThan(scores[1]);
    assertThat(scores[2]).isGreaterThan(scores[1]);
  }
}
