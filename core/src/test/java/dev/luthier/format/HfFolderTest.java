package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HfFolderTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void an_adapter_given_as_model_names_its_base() throws IOException {
    Files.writeString(
        folder.resolve("adapter_config.json"), "{\"base_model_name_or_path\": \"org/base\"}");
    assertThatThrownBy(() -> HfFolder.model(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(
            "is an adapter", "its base model (org/base) as --model", "--adapter");
    assertThat(HfFolder.adapter(folder)).isEqualTo(folder);
  }

  @Test
  void an_adapters_files_are_files() throws IOException {
    Path settings = folder.resolve("adapter_config.json");
    Files.writeString(settings, "{}");
    Path template = folder.resolve("chat_template.jinja");
    Files.createSymbolicLink(template, folder.resolve("nothing"));
    assertThatThrownBy(() -> HfFolder.adapter(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(template + " is a link to a file that is not there");
    Files.delete(template);
    Files.createDirectory(template);
    assertThatThrownBy(() -> HfFolder.adapter(folder))
        .hasMessageContaining(template + " is a folder; expected a file");
    Files.delete(template);
    Files.delete(settings);
    Files.createSymbolicLink(settings, folder.resolve("nothing"));
    assertThatThrownBy(() -> HfFolder.adapter(folder))
        .hasMessageContaining(settings + " is a link to a file that is not there");
  }

  @Test
  void other_paths_say_what_they_are() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "x");
    assertThatThrownBy(() -> HfFolder.model(folder))
        .hasMessageContainingAll(
            "is not a model folder", "expected config.json", "found notes.txt");
    assertThatThrownBy(() -> HfFolder.model(folder.resolve("nowhere")))
        .hasMessageContaining("nowhere does not exist");

    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\"}");
    assertThatThrownBy(() -> HfFolder.model(folder.resolve("config.json")))
        .hasMessageContainingAll("is a file", "Give its folder, " + folder);
    assertThatThrownBy(() -> HfFolder.adapter(folder))
        .hasMessageContainingAll("is a model", "--model");
    assertThat(HfFolder.config(folder).path("model_type").asText()).isEqualTo("llama");
  }

  @Test
  void side_files_are_copied_and_nothing_else(@TempDir Path to) throws IOException {
    for (String name : List.of("config.json", "tokenizer.json", "chat_template.jinja", "x.py")) {
      Files.writeString(folder.resolve(name), name);
    }
    assertThat(folder.resolve("tokenizer.json").toFile().setReadOnly()).isTrue();
    Files.writeString(to.resolve("tokenizer.json"), "old");

    assertThat(HfFolder.copySideFiles(folder, to))
        .containsExactly("tokenizer.json", "chat_template.jinja");

    assertThat(SafetensorsIndex.names(to)).containsExactly("chat_template.jinja", "tokenizer.json");
    assertThat(to.resolve("tokenizer.json")).hasContent("tokenizer.json").isWritable();
    assertThat(HfFolder.copySideFiles(folder, folder.resolve("."))).isEmpty();
  }

  @Test
  void a_folders_hash_is_of_its_weights_and_configuration(@TempDir Path other) throws IOException {
    for (Path f : List.of(folder, other)) {
      Files.writeString(f.resolve("config.json"), "{}");
      SafetensorsShards.write(f, List.of(TestTensors.entry("w", DType.F32, 9)), Map.of(), 1000);
    }
    String hash = Hashes.folder(folder);
    assertThat(hash).matches("[0-9a-f]{64}").isEqualTo(Hashes.folder(other));
    Files.writeString(other.resolve("README.md"), "x");
    assertThat(Hashes.folder(other)).isEqualTo(hash);
    SafetensorsShards.write(other, List.of(TestTensors.entry("v", DType.F32, 9)), Map.of(), 1000);
    assertThat(Hashes.folder(other)).isNotEqualTo(hash);
    Files.writeString(folder.resolve("config.json"), "{ }");
    assertThat(Hashes.folder(folder)).isNotEqualTo(hash);
  }

  /** FIPS 180-2, appendix B.1. */
  @Test
  void the_hash_of_abc_is_the_published_one() throws IOException {
    Files.writeString(folder.resolve("abc"), "abc");
    assertThat(Hashes.sha256(folder.resolve("abc")))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}
