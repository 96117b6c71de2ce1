package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.jinja.Rendered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the chat template that a run is to use, and joins it with the tokenizer. */
public final class ChatTemplates {
  private ChatTemplates() {}

  /**
   * Returns the encoder of conversations, or nothing where there is no template.
   *
   * @param setting {@code auto} for the model's own template if it has one, {@code none}, or the
   *     path of a Jinja file
   * @throws LuthierException when the file cannot be read or is no template
   */
  public static Optional<ChatEncoder> encoder(Tokenizer tokenizer, String setting) {
    return switch (setting) {
      case "none" -> Optional.empty();
      case "auto" ->
          tokenizer
              .chatTemplateSource(false)
              .map(
                  plain ->
                      encoder(tokenizer, plain, tokenizer.chatTemplateSource(true).orElse(plain)));
      default -> {
        String source = read(Path.of(setting));
        yield Optional.of(encoder(tokenizer, source, source));
      }
    };
  }

  /**
   * Reads a template's source.
   *
   * @throws LuthierException when it cannot be read
   */
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new LuthierException("the chat template " + file + " cannot be read: " + e, e);
    }
  }

  private static ChatEncoder encoder(Tokenizer tokenizer, String plain, String toolUse) {
    ChatTemplate template = ChatTemplate.of(plain);
    ChatTemplate withTools = toolUse.equals(plain) ? template : ChatTemplate.of(toolUse);
    Map<String, String> tokens = tokenizer.specialTokensForTemplate();
    return new ChatEncoder(
        tokenizer,
        (messages, tools, prompt) ->
            render(tools.isEmpty() ? template : withTools, tokens, messages, tools, prompt));
  }

  private static ChatEncoder.Chat render(
      ChatTemplate template,
      Map<String, String> tokens,
      List<Map<String, @Nullable Object>> messages,
      List<Object> tools,
      boolean prompt) {
    TemplateInput input =
        TemplateInput.of(messages).withSpecialTokens(tokens).withGenerationPrompt(prompt);
    Rendered rendered = template.render(tools.isEmpty() ? input : input.withTools(schemas(tools)));
    return new ChatEncoder.Chat(
        rendered.text(),
        rendered.generationSpans().stream()
            .map(span -> new ChatEncoder.Span(span.start(), span.end()))
            .toList());
  }

  @SuppressWarnings("unchecked") // checked element by element
  private static List<Map<String, ?>> schemas(List<Object> tools) {
    for (Object tool : tools) {
      if (!(tool instanceof Map)) {
        throw new LuthierException("tools: expected a list of JSON objects, found " + tool);
      }
    }
    return (List<Map<String, ?>>) (List<?>) tools;
  }
}
