package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.source.ReadOptions;
import dev.luthier.data.source.RowFile;
import dev.luthier.data.source.RowSink;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * MMLU's questions to their subjects, of which one has more than half: a DistilBERT of two blocks,
 * from scratch, is right more often than the commonest subject is.
 */
@Tag("acceptance")
@Tag("interop")
class ClassifierAcceptanceTest {
  private static final List<String> SUBJECTS =
      List.of(
          "anatomy",
          "astronomy",
          "computer_security",
          "high_school_mathematics",
          "high_school_us_history",
          "jurisprudence",
          "marketing",
          "professional_law");

  private static final String CONFIG =
      """
      {"model_type":"distilbert","architectures":["DistilBertForMaskedLM"],"vocab_size":30522,
       "dim":128,"n_heads":4,"n_layers":2,"hidden_dim":512,"max_position_embeddings":512,
       "activation":"gelu","initializer_range":0.02,"pad_token_id":0}
      """;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path temp;

  private static Path assets() {
    return Path.of(System.getProperty("luthier.assets", ""));
  }

  private Path model() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("distilbert"));
    ObjectNode config = Json.parse(CONFIG, "test");
    LoadedModel fresh = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU).fresh(config, 7);
    ModelFiles.write(folder, config, fresh.transformer().parameters().all(), DType.F32);
    Files.copy(assets().resolve("tok-bert/tokenizer.json"), folder.resolve("tokenizer.json"));
    return folder;
  }

  private Path rows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String split : List.of("dev", "val", "test")) {
      for (String subject : SUBJECTS) {
        Path file = assets().resolve("data-mmlu/" + split + "/" + subject + "_" + split + ".csv");
        new RowFile(file)
            .read(
                new ReadOptions(false, false, Optional.empty()),
                new RowSink() {
                  @Override
                  public void row(int number, Map<String, @Nullable Object> columns) {
                    lines.add(
                        Json.object()
                            .put("text", String.valueOf(columns.get("column1")))
                            .put("label", subject)
                            .toString());
                  }

                  @Override
                  public void unreadable(int number, String reason, String hint, String text) {
                    throw new AssertionError(file + " row " + number + ": " + reason);
                  }
                });
      }
    }
    return Files.writeString(temp.resolve("rows.jsonl"), String.join("\n", lines) + "\n");
  }

  @Test
  void subjects_of_questions_are_told_better_than_by_naming_the_commonest() throws IOException {
    Cli run =
        Cli.run(
            "train-classifier",
            "--json",
            "--class-weights=balanced",
            "--model=" + model(),
            "--data=" + rows(),
            "--output=" + temp.resolve("out"),
            "--set=data.maxLength=64",
            "--set=train.epochs=4",
            "--set=train.learningRate=5e-4",
            "--set=train.warmupRatio=0.1",
            "--set=train.microBatchSize=16",
            "--set=train.gradientAccumulation=1",
            "--set=checkpoint.everySteps=0");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode evaluation = new ObjectMapper().readTree(run.out()).path("evaluation");
    assertThat(evaluation.path("rows").asInt()).isGreaterThan(300);
    assertThat(evaluation.path("majority_accuracy").asDouble()).isGreaterThan(0.5);
    assertThat(evaluation.at("/margin_interval/0").asDouble())
        .as(evaluation.toString())
        .isGreaterThan(0.15);
    assertThat(evaluation.path("macro_f1").asDouble()).isGreaterThan(0.5);
  }
}
