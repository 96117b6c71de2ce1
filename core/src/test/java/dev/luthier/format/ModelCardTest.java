package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCardTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path home = Path.of("");

  private static JsonNode front(String card) throws Exception {
    assertThat(card).startsWith("---\n").doesNotStartWith("---\n---");
    return new YAMLMapper().readTree(card.substring(4, card.indexOf("\n---", 4) + 1));
  }

  private Path cached(String folder) throws Exception {
    return Files.createDirectories(home.resolve("hub/" + folder + "/snapshots/" + COMMIT));
  }

  @Test
  void an_adapter_over_a_model_of_the_hub_says_what_the_hub_wants_to_know() throws Exception {
    Path base = cached("models--some-org--base_1.5");
    Files.writeString(
        base.resolve("README.md"),
        "---\nlicense: other\nlicense_name: 'a: b'\nlanguage: [en]\n---\n# Base\n");
    String card =
        new ModelCard(
                ModelCard.Kind.ADAPTER,
                Optional.of(base),
                List.of(
                    cached("datasets--org--rows").resolve("data/train.jsonl"),
                    home.resolve("mine.jsonl")),
                List.of("lora"),
                ModelCard.Use.TEXT,
                Map.of("Results", Map.of("loss", "1|2")))
            .text();
    JsonNode front = front(card);
    assertThat(front.path("base_model").asText()).isEqualTo("some-org/base_1.5");
    assertThat(front.path("base_model_relation").asText()).isEqualTo("adapter");
    assertThat(front.path("datasets").toString()).isEqualTo("[\"org/rows\"]");
    assertThat(front.path("library_name").asText()).isEqualTo("peft");
    assertThat(front.path("license").asText()).isEqualTo("other");
    assertThat(front.path("license_name").asText()).isEqualTo("a: b");
    assertThat(front.path("pipeline_tag").asText()).isEqualTo("text-generation");
    assertThat(front.path("tags").toString()).isEqualTo("[\"lora\",\"luthier\"]");
    assertThat(front.has("language")).isFalse();
    assertThat(card)
        .contains("# An adapter over some-org/base_1.5", COMMIT, "| loss | 1\\|2 |")
        .contains("./luthier chat --model some-org/base_1.5 --adapter FOLDER")
        .doesNotContain(home.toString());
  }

  @Test
  void a_folder_of_this_machine_is_named_without_its_path_and_not_as_a_repository()
      throws Exception {
    Path base = Files.createDirectories(home.resolve("private/my-llama"));
    Files.writeString(base.resolve("README.md"), "---\nlicense: [broken\n---\n");
    String card =
        new ModelCard(
                ModelCard.Kind.QUANTIZED,
                Optional.of(base),
                List.of(),
                List.of(),
                ModelCard.Use.TEXT,
                Map.of())
            .text();
    JsonNode front = front(card);
    assertThat(front.has("base_model")).isFalse();
    assertThat(front.has("license")).isFalse();
    assertThat(front.has("datasets")).isFalse();
    assertThat(front.path("library_name").asText()).isEqualTo("transformers");
    assertThat(card).contains("# A quantized form of my-llama").doesNotContain("private");
  }
}
