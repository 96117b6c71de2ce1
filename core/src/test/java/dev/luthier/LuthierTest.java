package dev.luthier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.format.HfFolder;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generator;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.serve.EngineSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LuthierTest {
  @TempDir private Path temp = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void write() throws IOException {
    ObjectNode config =
        TinyConfigs.families().values().stream()
            .filter(c -> c.path("model_type").asText().equals("llama"))
            .findFirst()
            .orElseThrow()
            .deepCopy()
            .put("vocab_size", 400);
    model = TinyModels.write(config, temp.resolve("model"));
    try (var files = Files.list(TestTokenizers.chatFolder())) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName().toString()));
      }
    }
  }

  private Luthier load() {
    return Luthier.load(EngineSettings.of(model).withDtype(ComputeDtype.FLOAT32));
  }

  private String expected(Optional<Path> adapter, String text, int count) {
    ModelLanguage language = ModelLanguage.read(model, adapter, false);
    return new Generator(
            TinyModels.LOADER.load(model, adapter).transformer(),
            language.tokenizer(),
            language.defaults().stopIds())
        .generate(
            new GenerateRequest(
                language.tokenizer().encode(text, true).ids(), GenerateSettings.greedy(count)))
        .text();
  }

  @Test
  void a_text_goes_on_whole_and_in_pieces() {
    try (Luthier luthier = load().with(GenerateSettings.greedy(20))) {
      List<String> pieces = new ArrayList<>();
      String text = luthier.complete("the sky", pieces::add);
      assertThat(text).isEqualTo(expected(Optional.empty(), "the sky", 20));
      assertThat(String.join("", pieces)).isEqualTo(text);
      assertThat(luthier.complete("the sky")).isEqualTo(text);
    }
  }

  @Test
  void a_message_is_answered_by_the_template_where_there_is_one() throws IOException {
    try (Luthier luthier = load().with(GenerateSettings.greedy(9))) {
      String prompt =
          luthier
              .engine()
              .language(Optional.empty())
              .chat()
              .orElseThrow()
              .render(List.of(Map.of("role", "user", "content", "hello")), List.of(), true)
              .text();
      assertThat(prompt).contains("hello");
      assertThat(luthier.chat("hello")).isEqualTo(luthier.complete(prompt));
    }
    Files.delete(model.resolve(HfFolder.TOKENIZER_CONFIG));
    Files.deleteIfExists(model.resolve(HfFolder.CHAT_TEMPLATE));
    try (Luthier luthier = load()) {
      assertThatThrownBy(() -> luthier.chat("hello")).hasMessageContaining("no chat template");
    }
  }

  @Test
  void adapters_share_the_model() throws IOException {
    LoadedModel trained = TinyModels.LOADER.lora(model, TinyModels.lora(), 1);
    TinyModels.shakeAdapter(trained, 5);
    Path folder = Files.createDirectories(temp.resolve("adapter"));
    Adapters.write(
        folder,
        new AdapterConfig(TinyModels.lora(), "model").of(trained.transformer()),
        trained.transformer().adapter().orElseThrow().all());
    try (Luthier luthier = load().with(GenerateSettings.greedy(20))) {
      assertThat(luthier.adapter(folder).complete("the sky"))
          .isEqualTo(expected(Optional.of(folder), "the sky", 20))
          .isNotEqualTo(luthier.complete("the sky"));
      assertThat(luthier.adapter(folder).complete("a day")).isNotNull();
      assertThat(luthier.engine().adapters()).hasSize(1);
    }
  }
}
