package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model made from nothing, in less memory than a process needs. */
class PretrainBudgetTest {
  @TempDir private Path temp = Path.of("");

  private Cli pretrain(String budget) {
    return Cli.run(
        "pretrain",
        "--set",
        "data.train=" + temp.resolve("text.txt"),
        "--output",
        temp.resolve("model").toString(),
        "--set",
        "data.maxLength=32",
        "--set",
        "tokenizer.vocabSize=280",
        "--set",
        "model.hiddenSize=32",
        "--set",
        "model.intermediateSize=64",
        "--set",
        "model.numHiddenLayers=1",
        "--set",
        "train.maxSteps=1",
        "--set",
        "memory.budget=" + budget);
  }

  @Test
  void a_refused_run_leaves_its_folder_free_for_the_next_one() throws Exception {
    Files.writeString(temp.resolve("text.txt"), "The lagoon is wide and deep. ".repeat(40));
    Cli refused = pretrain("100MB");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("more than the budget of 96 MiB");
    assertThat(temp.resolve("model")).isEmptyDirectory();
    Cli second = pretrain("4GB");
    assertThat(second.code()).as(second.err()).isZero();
    assertThat(temp.resolve("model/model.safetensors")).exists();
  }
}
