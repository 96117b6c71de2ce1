package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The same question, however a row writes it. */
class PromptEncoderTest {
  private static final Path BASE = Path.of("..", "examples", "demo", "base");
  private static final List<Map<String, Object>> TURNS =
      List.of(Example.Chat.message("user", "Hi."), Example.Chat.message("assistant", "Yes?"));

  private final Tokenizer tokenizer = Tokenizer.load(BASE);
  private final PromptEncoder encoder =
      new PromptEncoder(
          ModelInput.of(BASE, tokenizer),
          ChatTemplates.encoder(tokenizer, "auto", Clock.systemUTC()));

  private void sameAs(PromptEncoder.Asked expected, Map<String, Object> row) {
    PromptEncoder.Asked ours = encoder.ask(row);
    assertThat(ours.ids()).as(row.toString()).containsExactly(expected.ids());
    assertThat(ours.text()).as(row.toString()).isEqualTo(expected.text());
  }

  @Test
  void answers_are_left_out() {
    PromptEncoder.Asked one = encoder.ask(Map.of("prompt", "Where is it?"));
    assertThat(one.text()).isEqualTo("Where is it?");
    assertThat(tokenizer.decode(one.ids(), false)).contains("Where is it?");
    sameAs(one, Map.of("prompt", "Where is it?", "completion", "There."));
    sameAs(one, Map.of("prompt", "Where is it?", "chosen", "There.", "rejected", "Where?"));
    sameAs(one, Map.of("prompt", "Where is it?", "completion", "There.", "label", true));
    sameAs(one, Map.of("messages", List.of(Example.Chat.message("user", "Where is it?"))));
    sameAs(one, Map.of("instruction", "Where is it?", "output", "There."));
    sameAs(
        one,
        Map.of(
            "chosen", "\n\nHuman: Where is it?\n\nAssistant: There.",
            "rejected", "\n\nHuman: Where is it?\n\nAssistant: Where?"));
  }

  @Test
  void a_conversations_last_question_is_its_text() {
    List<Map<String, Object>> asked =
        List.of(TURNS.get(0), TURNS.get(1), Example.Chat.message("user", "No."));
    PromptEncoder.Asked one = encoder.ask(Map.of("messages", asked));
    assertThat(one.text()).isEqualTo("No.");
    sameAs(one, Map.of("prompt", asked));
    sameAs(one, Map.of("prompt", asked, "chosen", "A.", "rejected", "B."));
  }

  @Test
  void what_asks_nothing_is_refused() {
    assertThatThrownBy(() -> encoder.ask(Map.of("text", "It was a dark night.")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("expected prompt or messages");
  }
}
