package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code export hf} and {@code export ollama}. */
class ExportCommandsTest {
  @TempDir private Path folder = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.write(folder.resolve("base"), Optional.of(TinyModel.CHATML));
    Files.writeString(model.resolve("LICENSE"), "free");
    Files.writeString(model.resolve("run.json"), "{}");
    Files.writeString(model.resolve("metrics.jsonl"), "{}");
    Files.createDirectories(model.resolve("checkpoints/step-1"));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private void isServable(Path out, String... more) throws IOException {
    assertThat(names(out))
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    Stream.of(more),
                    Stream.of(
                        "config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "special_tokens_map.json",
                        "chat_template.jinja",
                        "generation_config.json"))
                .toList());
    ObjectNode tokenizer = Json.read(out.resolve("tokenizer_config.json"));
    assertThat(tokenizer.path("chat_template").asText()).isEqualTo(TinyModel.CHATML);
    assertThat(out.resolve("chat_template.jinja")).hasContent(TinyModel.CHATML);
    assertThat(Json.read(out.resolve("generation_config.json")).path("eos_token_id").asInt(-1))
        .isZero();
  }

  @Test
  void hf_carries_what_servers_read_and_nothing_of_the_run() throws IOException {
    Path out = folder.resolve("out");
    Cli run = Cli.run("export", "hf", "--model", model.toString(), "--output", out.toString());
    assertThat(run.code()).as(run.err()).isZero();
    isServable(out, "LICENSE");
    assertThat(run.out()).contains("names no architectures", "vllm serve " + out);
    assertThat(Files.mismatch(out.resolve("model.safetensors"), model.resolve("model.safetensors")))
        .isEqualTo(-1);
  }

  @Test
  void hf_with_an_adapter_is_the_fused_model() throws IOException {
    Path adapter = TinyModel.writeAdapter(model, folder.resolve("adapter"));
    Path out = folder.resolve("out");
    Cli run =
        Cli.run(
            "export",
            "hf",
            "--model",
            model.toString(),
            "--adapter",
            adapter.toString(),
            "--output",
            out.toString());
    assertThat(run.code()).as(run.err()).isZero();
    isServable(out, "README.md");
    ObjectNode config = Json.read(out.resolve("config.json"));
    assertThat(config.path("dtype").asText()).isEqualTo("float32");
    assertThat(config.path("torch_dtype").asText()).isEqualTo("float32");
    assertThat(Files.mismatch(out.resolve("model.safetensors"), model.resolve("model.safetensors")))
        .isNotEqualTo(-1);
  }

  @Test
  void hf_refuses_what_is_no_model_or_there_already() {
    assertThat(
            Cli.run("export", "hf", "--model", model.toString(), "--output", folder.toString())
                .err())
        .contains("is there already");
  }

  @Test
  void ollama_takes_a_model_with_an_adapter_and_a_file_that_was_made() throws IOException {
    Path adapter = TinyModel.writeAdapter(model, folder.resolve("adapter"));
    Path out = folder.resolve("out");
    Cli run =
        Cli.run(
            "export",
            "ollama",
            "--model",
            model.toString(),
            "--adapter",
            adapter.toString(),
            "--type",
            "F32",
            "--output",
            out.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("72 of 72", "ollama create NAME -f " + out);
    String modelfile = Files.readString(out.resolve("Modelfile"));
    assertThat(modelfile)
        .startsWith("FROM ./model.gguf\nTEMPLATE ")
        .contains("PARAMETER stop", "PARAMETER num_ctx 128", "LICENSE");
    Path again = folder.resolve("again");
    Cli ready =
        Cli.run(
            "export",
            "ollama",
            "--model",
            out.resolve("model.gguf").toString(),
            "--output",
            again.toString(),
            "--json");
    assertThat(ready.code()).as(ready.err()).isZero();
    assertThat(ready.out()).contains("\"proven\":true", "\"conversations\":72");
    assertThat(Files.readString(again.resolve("Modelfile")))
        .isEqualTo(modelfile.replaceAll("(?s)LICENSE.*", ""));
    Path applied = folder.resolve("applied");
    Cli live =
        Cli.run(
            "export",
            "ollama",
            "--model",
            out.resolve("model.gguf").toString(),
            "--adapter",
            adapter.toString(),
            "--output",
            applied.toString());
    assertThat(live.code()).as(live.err()).isZero();
    assertThat(Files.readString(applied.resolve("Modelfile")))
        .startsWith("FROM ./model.gguf\nADAPTER ./adapter.gguf\n");
    assertThat(names(applied)).containsExactly("Modelfile", "adapter.gguf", "model.gguf");
  }
}
