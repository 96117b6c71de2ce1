package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code check-adapter}, and {@code serve.targets} of {@code sft}. */
class CheckAdapterCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder = Path.of("");
  private static Path model = Path.of("");
  private static Path rows = Path.of("");

  @BeforeAll
  static void write() throws IOException {
    model = TinyModel.write(folder.resolve("base"), Optional.of(TinyModel.CHATML));
    TinyModel.writeAdapter(model, folder.resolve("adapter"));
    rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows,
        """
        {"prompt": "The birch canoe", "completion": "slid on the smooth planks."}
        {"prompt": "Glue the sheet", "completion": "to the dark blue background."}
        """);
  }

  private static Cli sft(String output, String... more) {
    String[] args = new String[9 + more.length];
    List.of(
            "sft",
            "--model",
            model.toString(),
            "--data",
            rows.toString(),
            "--output",
            folder.resolve(output).toString(),
            "--set",
            "train.maxSteps=1")
        .toArray(args);
    System.arraycopy(more, 0, args, 9, more.length);
    return Cli.run(args);
  }

  @Test
  void verdicts_fit_a_terminal_and_the_exit_code_says_whether_all_take_it() throws IOException {
    Cli run = Cli.run("check-adapter", folder.resolve("adapter").toString());
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
    assertThat(run.out()).contains("vllm          loads as it is", "export gguf-lora");
    Path dora = Files.createDirectories(folder.resolve("dora"));
    for (String name : new String[] {"adapter_config.json", "adapter_model.safetensors"}) {
      Files.copy(folder.resolve("adapter").resolve(name), dora.resolve(name));
    }
    Path config = dora.resolve("adapter_config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"use_dora\" : false", "\"use_dora\" : true"));
    Cli refused = Cli.run("check-adapter", dora.toString(), "--for", "vllm,TGI", "--json");
    assertThat(refused.code()).isEqualTo(1);
    JsonNode verdicts = JSON.readTree(refused.out()).path("verdicts");
    assertThat(verdicts).hasSize(2);
    assertThat(verdicts.get(1).path("server").asText()).isEqualTo("tgi");
    assertThat(verdicts.get(1).path("loads").asBoolean()).isFalse();
    assertThat(verdicts.get(0).path("findings").get(0).path("reason").asText())
        .contains("use_dora");
  }

  @Test
  void an_unknown_server_is_wrong_use() {
    Cli run = Cli.run("check-adapter", folder.resolve("adapter").toString(), "--for", "sglang");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("vllm, llama.cpp, ollama, tgi");
  }

  @Test
  void settings_that_a_target_would_refuse_stop_a_run_before_it_begins() {
    Cli run =
        sft(
            "refused",
            "--set",
            "serve.targets=[vllm, llama.cpp]",
            "--set",
            "lora.modulesToSave=[lm_head]");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("serve.targets names vllm", "names llama.cpp", "Set lora.modulesToSave=[]");
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  @Test
  void after_training_the_folder_is_checked() {
    Cli run = sft("taken", "--set", "serve.targets=ollama");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).contains("serve: ollama loads as it is");
  }
}
