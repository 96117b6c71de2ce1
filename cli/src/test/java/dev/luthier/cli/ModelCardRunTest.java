package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCardRunTest {
  @Test
  void every_verb_that_writes_a_model_writes_its_card(@TempDir Path temp) throws Exception {
    Path base = TinyModels.pretrained(temp);
    assertThat(card(base, temp))
        .contains(
            "# A model trained from scratch", "train.maxSteps | 2", "library_name: transformers")
        .contains("| steps | 2 |", "training loss, nats per token | ", " at first, ");
    Files.writeString(
        base.resolve("README.md"), "---\nlicense: apache-2.0\n---\n# The base's own\n");
    Path adapter = temp.resolve("private/adapter");
    Cli sft =
        Cli.run(
            "sft",
            "--model",
            base + "",
            "--data",
            TinyModels.rows(temp.resolve("rows.jsonl"), 8) + "",
            "--output",
            adapter + "",
            "--set",
            "train.maxSteps=2",
            "--set",
            "lora.rank=4");
    assertThat(sft.code()).as(sft.err()).isZero();
    assertThat(card(adapter, temp))
        .contains("# An adapter over base", "library_name: peft", "license: apache-2.0")
        .contains("| lora.rank | 4 |", "| method | lora |", "| rows | 8 |", "- lora")
        .containsPattern("version \\(SHA-256\\) \\| [0-9a-f]{64} ")
        .contains("--model base --adapter FOLDER");
    Path fused = temp.resolve("fused");
    Cli fuse =
        Cli.run(
            "fuse",
            "--model",
            base + "",
            "--adapter",
            adapter + "",
            "--output",
            fused + "",
            "--check",
            "false");
    assertThat(fuse.code()).as(fuse.err()).isZero();
    assertThat(card(fused, temp))
        .contains("multiplied in, from base", "license: apache-2.0", "| adapter | adapter |");
    Path quantized = temp.resolve("quantized");
    Cli quantize = Cli.run("quantize", "--model", fused + "", "--output", quantized + "");
    assertThat(quantize.code()).as(quantize.err()).isZero();
    assertThat(card(quantized, temp))
        .contains("# A quantized form of fused", "license: apache-2.0", "| form | nf4 |");
  }

  /** A card without a path of this machine, nor a row. */
  private static String card(Path folder, Path temp) throws Exception {
    String card = Files.readString(folder.resolve("README.md"));
    assertThat(card).doesNotContain(temp.toString()).doesNotContain("private");
    return card;
  }
}
