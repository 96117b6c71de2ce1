package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.Hashes;
import dev.luthier.recipe.Pretrain;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run was begun with is not there any more. */
class VanishedDataTest {
  private static final TrainListener NOBODY = new TrainListener() {};
  @TempDir private Path temp = Path.of("");

  @Test
  void a_resumed_run_says_which_file_it_lacks_and_goes_on_when_it_is_back() throws IOException {
    TinyRun run = TinyRun.in(temp);
    TinyRun straight = run.to("straight");
    straight.finish(NOBODY);
    run.stopAfter(10);
    String hash = Hashes.sha256(run.data());
    Path away = Files.move(run.data(), temp.resolve("away"));
    assertThatThrownBy(() -> run.finish(NOBODY))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(run.data() + ", whose SHA-256 was " + hash)
        .hasMessageContaining("troubleshooting.md#vanished-data");
    assertThat(run.checkpoints()).containsExactly("step-10", "step-9");
    Files.move(away, run.data());
    run.finish(NOBODY);
    assertThat(run.result()).isEqualTo(straight.result());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rows*.jsonl", "{rows,none}.jsonl", ""})
  void a_run_on_a_glob_or_a_folder_goes_on(String named) throws IOException {
    TinyRun tiny = TinyRun.in(temp);
    Path data = Files.createDirectories(temp.resolve("data"));
    Path file = Files.move(tiny.data(), data.resolve("rows.jsonl"));
    TinyRun run = new TinyRun(tiny.model(), data.resolve(named), tiny.output(), tiny.settings());
    TinyRun straight = run.to("straight");
    straight.finish(NOBODY);
    run.stopAfter(4);
    Path away = Files.move(file, temp.resolve("away"));
    if (!named.isEmpty()) {
      assertThatThrownBy(() -> run.finish(NOBODY))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining(run.data() + ", whose SHA-256 was ");
    }
    Files.move(away, file);
    run.finish(NOBODY);
    assertThat(run.result()).isEqualTo(straight.result());
  }

  @Test
  void a_base_model_that_is_gone_is_named_with_its_hash() throws IOException {
    TinyRun run = TinyRun.in(temp).stopAfter(4);
    String hash = Hashes.folder(run.model());
    Files.move(run.model(), temp.resolve("away"));
    assertThatThrownBy(() -> run.finish(NOBODY))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(run.model() + ", whose SHA-256 was " + hash);
  }

  @Test
  void a_running_run_does_not_need_its_file_again() throws IOException {
    TinyRun run = TinyRun.in(temp);
    TinyRun straight = run.to("straight");
    straight.finish(NOBODY);
    run.finish(
        new TrainListener() {
          @Override
          public void step(StepMetrics metrics) {
            try {
              Files.deleteIfExists(run.data());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });
    assertThat(run.data()).doesNotExist();
    assertThat(run.result()).isEqualTo(straight.result());
  }

  @Test
  void pre_training_names_its_text_likewise() throws IOException {
    Path text = Files.writeString(temp.resolve("text.txt"), "The birch canoe slid. ".repeat(200));
    PretrainSettings settings =
        new Settings()
            .set("output=" + temp.resolve("model"))
            .set("data.train=" + text)
            .set("data.maxLength=32")
            .set("tokenizer.vocabSize=270")
            .set("model.hiddenSize=16")
            .set("model.intermediateSize=32")
            .set("model.numHiddenLayers=1")
            .set("train.maxSteps=3")
            .bind(PretrainSettings.class);
    Pretrain.run(settings, false, () -> true, NOBODY);
    String hash = Hashes.sha256(text);
    Files.delete(text);
    assertThatThrownBy(() -> Pretrain.run(settings, true, () -> false, NOBODY))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(text + ", whose SHA-256 was " + hash);
  }
}
