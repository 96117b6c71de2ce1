package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateDefaultsTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat(); // EOS <|im_end|> is 2

  /** A template that writes this after every message. */
  private static ChatEncoder ending(String end) {
    return new ChatEncoder(
        TOKENIZER,
        (messages, tools, prompt) -> {
          StringBuilder text = new StringBuilder();
          messages.forEach(m -> text.append(m.get("role")).append(m.get("content")).append(end));
          return new ChatEncoder.Chat(text.toString(), List.of());
        });
  }

  @Test
  void every_file_and_the_template_name_ids_that_end_a_text(@TempDir Path folder)
      throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{\"eos_token_id\": 9}");
    Path adapter = Files.createDirectory(folder.resolve("adapter"));
    Files.writeString(adapter.resolve("generation_config.json"), "{\"eos_token_id\": [7, 8]}");
    GenerateDefaults all =
        GenerateDefaults.read(
            model, Optional.of(adapter), TOKENIZER, Optional.of(ending(" <|endoftext|>\n")));
    assertThat(all.stopIds()).containsExactlyInAnyOrder(9, 7, 8, 2, 0);
    assertThat(all.sampling()).isEqualTo(SamplingSettings.greedy());
    assertThat(
            GenerateDefaults.read(model, Optional.empty(), TOKENIZER, Optional.empty()).stopIds())
        .containsExactlyInAnyOrder(9, 2);
  }

  @Test
  void a_turn_that_no_special_token_closes_gives_none() {
    assertThat(GenerateDefaults.turnEnd(ending("\nuser: <|im_end|>"), TOKENIZER)).isEmpty();
    assertThat(GenerateDefaults.turnEnd(ending(""), TOKENIZER)).isEmpty();
    assertThat(GenerateDefaults.turnEnd(ending("<|im_end|>\n"), TOKENIZER)).hasValue(2);
  }

  @Test
  void recommended_sampling_is_taken_where_the_file_says_to_sample(@TempDir Path model)
      throws IOException {
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"do_sample\": true, \"temperature\": 0.6, \"top_p\": 0.9, \"repetition_penalty\": 1.1}");
    SamplingSettings sampling =
        GenerateDefaults.read(model, Optional.empty(), TOKENIZER, Optional.empty()).sampling();
    assertThat(sampling)
        .isEqualTo(SamplingSettings.sampling(0.6).withLimits(0, 0.9, 0).withRepetition(1.1, 0));
  }
}
