package dev.luthier.export.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Chat templates of published models: each has a proven TEMPLATE, but those named here. */
@Tag("interop")
class PublishedTemplatesTest {
  private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

  /** Both fail in Jinja itself on any conversation: they want variables that nobody gives them. */
  private static final List<String> UNUSABLE =
      List.of(
          "chat-templates-llamacpp/fireworks-ai-llama-3-firefunction-v2.jinja",
          "chat-templates-more/MiroThinker.jinja");

  @Test
  void every_published_template_is_proven() throws IOException {
    Map<String, String> refused = new TreeMap<>();
    int proven = 0;
    for (String folder :
        List.of(
            "chat-templates-llamacpp", "chat-templates-mistral-common", "chat-templates-more")) {
      try (Stream<Path> files = Files.list(Assets.path(folder))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".jinja")).sorted().toList()) {
          try {
            for (String bos : List.of("<s>", "")) {
              assertThat(ProvenTemplate.of(Files.readString(file), TOKENS, bos).conversations())
                  .isGreaterThanOrEqualTo(36);
            }
            proven++;
          } catch (LuthierException e) {
            refused.put(folder + "/" + file.getFileName(), String.valueOf(e.getMessage()));
          }
        }
      }
    }
    assertThat(refused.keySet()).containsExactlyInAnyOrderElementsOf(UNUSABLE);
    assertThat(proven).isEqualTo(71);
  }
}
