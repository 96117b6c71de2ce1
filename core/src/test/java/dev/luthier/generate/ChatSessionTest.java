package dev.luthier.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TinyLlama;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChatSessionTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();
  private static final Transformer MODEL = TinyLlama.full(3, TinyLlama.TEXT_CONFIG);
  private static final Generator GENERATOR =
      new Generator(MODEL, TOKENIZER, Set.of(TOKENIZER.eosId().getAsInt()));
  private static final ChatEncoder ENCODER =
      new ChatEncoder(
          TOKENIZER,
          (messages, tools, prompt) -> {
            StringBuilder text = new StringBuilder();
            messages.forEach(
                m ->
                    text.append("<|im_start|>")
                        .append(m.get("role"))
                        .append('\n')
                        .append(m.get("content"))
                        .append("<|im_end|>\n"));
            text.append(prompt ? "<|im_start|>assistant\n" : "");
            return new ChatEncoder.Chat(text.toString(), List.of());
          });

  private static Generation reply(ChatSession chat, String user) {
    return chat.reply(user, GenerateSettings.greedy(6), GenerateListener.NONE, () -> false);
  }

  @Test
  void every_turn_is_answered_as_the_whole_conversation_would_be() {
    try (ChatSession chat = new ChatSession(GENERATOR, ENCODER, List.of())) {
      chat.add("system", "You are a well.");
      for (String user : List.of("How deep?", "And how dark?")) {
        Generation answer = reply(chat, user);
        int[] prompt =
            ENCODER.prompt(chat.messages().subList(0, chat.messages().size() - 1), List.of());
        assertThat(answer.promptTokens()).isEqualTo(prompt.length);
        assertThat(answer.tokens())
            .isEqualTo(
                GENERATOR
                    .generate(new GenerateRequest(prompt, GenerateSettings.greedy(6)))
                    .tokens());
      }
      assertThat(chat.messages())
          .extracting(m -> m.get("role"))
          .containsExactly("system", "user", "assistant", "user", "assistant");
      chat.clear();
      assertThat(chat.messages()).isEmpty();
    }
  }

  @Test
  void a_message_that_does_not_fit_is_taken_back() {
    assertThat(NativeObjects.leftBehindBy(ChatSessionTest::tooLongOnce)).isZero();
  }

  private static void tooLongOnce() {
    try (ChatSession chat = new ChatSession(GENERATOR, ENCODER, List.of())) {
      reply(chat, "How deep?");
      assertThatThrownBy(() -> reply(chat, "deep ".repeat(200)))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("context");
      assertThat(chat.messages()).hasSize(2);
      assertThat(reply(chat, "How dark?").tokens()).isNotEmpty();
    }
  }
}
