package dev.luthier.export.ollama;

import dev.luthier.tokenizer.ChatTemplate;
import dev.luthier.tokenizer.TemplateInput;
import dev.luthier.tokenizer.jinja.TemplateException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The model's own chat template, asked as in training, without the BOS that the server puts before
 * the text itself.
 *
 * @param template in Jinja
 * @param tokens {@code bos_token}, {@code eos_token}, ... and their text
 * @param bos what the server puts before every text; empty if nothing
 * @param clock what templates that print the date read
 */
record Reference(ChatTemplate template, Map<String, String> tokens, String bos, Clock clock) {
  /** The prompt for the assistant's next turn; empty if the template refuses the conversation. */
  Optional<String> prompt(Talk talk) {
    return render(talk, true);
  }

  /** The conversation alone; empty if the template refuses it. */
  Optional<String> text(Talk talk) {
    return render(talk, false);
  }

  /** Why the template refuses a conversation; empty if it does not. */
  Optional<String> refusal(Talk talk) {
    try {
      template.render(input(talk, true));
      return Optional.empty();
    } catch (TemplateException refused) {
      return Optional.ofNullable(refused.getMessage());
    }
  }

  /** Whether what the server puts before the text stands there in training too. */
  boolean agreesOnBos() {
    return bos.isEmpty()
        || raw(Talk.marked(Role.USER), true).filter(text -> text.startsWith(bos)).isPresent();
  }

  /** Whether tools change what the template prints. */
  boolean usesTools(List<Map<String, Object>> tools) {
    Talk talk = Talk.marked(Role.USER);
    try {
      return !template
          .render(input(talk, true).withTools(tools))
          .text()
          .equals(template.render(input(talk, true)).text());
    } catch (TemplateException refused) {
      return false;
    }
  }

  Reference at(Clock other) {
    return new Reference(template, tokens, bos, other);
  }

  private Optional<String> render(Talk talk, boolean prompt) {
    return raw(talk, prompt)
        .map(text -> !bos.isEmpty() && text.startsWith(bos) ? text.substring(bos.length()) : text);
  }

  private Optional<String> raw(Talk talk, boolean prompt) {
    try {
      return Optional.of(template.render(input(talk, prompt)).text());
    } catch (TemplateException refused) {
      return Optional.empty();
    }
  }

  private TemplateInput input(Talk talk, boolean prompt) {
    return TemplateInput.of(talk.messages())
        .withGenerationPrompt(prompt)
        .withSpecialTokens(tokens)
        .withClock(clock);
  }
}
