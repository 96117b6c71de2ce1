package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    return encoder(tokenizer, setting, Clock.systemDefaultZone());
  }

  /**
   * The same with a clock of one's own, which templates that print today's date read. A run that
   * shall be resumed needs one that stands still: another date would give other tokens.
   */
  public static Optional<ChatEncoder> encoder(Tokenizer tokenizer, String setting, Clock clock) {
    return switch (setting) {
      case "none" -> Optional.empty();
      case "auto" ->
          tokenizer
              .chatTemplateSource(false)
              .map(
                  plain ->
                      encoder(
                          tokenizer,
                          plain,
                          tokenizer.chatTemplateSource(true).orElse(plain),
                          clock));
      default -> {
        String source = read(Path.of(setting));
        yield Optional.of(encoder(tokenizer, source, source, clock));
      }
    };
  }

  /**
   * Returns the encoder with the template of the first of these folders that has one, or nothing
   * where none has.
   *
   * @throws LuthierException when a file is malformed
   */
  public static Optional<ChatEncoder> encoder(Tokenizer tokenizer, List<Path> folders) {
    return folders.stream()
        .map(TokenizerConfig::read)
        .filter(config -> config.template(false).isPresent())
        .findFirst()
        .map(
            config -> {
              String plain = config.template(false).orElseThrow();
              String tools = config.template(true).orElse(plain);
              return encoder(tokenizer, plain, tools, Clock.systemDefaultZone());
            });
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

  private static ChatEncoder encoder(
      Tokenizer tokenizer, String plain, String toolUse, Clock clock) {
    ChatTemplate template = ChatTemplate.of(plain);
    ChatTemplate withTools = toolUse.equals(plain) ? template : ChatTemplate.of(toolUse);
    Map<String, String> tokens = tokenizer.specialTokensForTemplate();
    return new ChatEncoder(tokenizer, ChatEncoder.renderer(template, withTools, tokens, clock));
  }
}
