package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.Nearest;
import dev.luthier.format.Reason;
import dev.luthier.tokenizer.jinja.TemplateException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the chat template that a run is to use, and joins it with the tokenizer. */
public final class ChatTemplates {
  private static final String AUTO = "auto";
  private static final String NONE = "none";
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]+");

  private ChatTemplates() {}

  /**
   * Returns the encoder of conversations, or nothing where there is no template.
   *
   * @param setting {@code auto} for the model's own template if it has one, {@code none}, the path
   *     of a Jinja file, or the name of a built-in template ({@link #names})
   * @throws LuthierException when the file cannot be read or is no template, and when there is
   *     neither a file nor a template of that name
   */
  public static Optional<ChatEncoder> encoder(Tokenizer tokenizer, String setting) {
    return encoder(tokenizer, setting, Clock.systemDefaultZone());
  }

  /**
   * The same with a clock of one's own, which templates that print today's date read. A run that
   * shall be resumed needs one that stands still: another date would give other tokens.
   */
  public static Optional<ChatEncoder> encoder(Tokenizer tokenizer, String setting, Clock clock) {
    if (setting.equals(AUTO)) {
      return tokenizer
          .chatTemplateSource(false)
          .map(
              plain ->
                  encoder(
                      tokenizer, plain, tokenizer.chatTemplateSource(true).orElse(plain), clock));
    }
    return source(setting).map(source -> named(tokenizer, setting, source, clock));
  }

  /** The built-in templates, in the order of their description in docs/template.md. */
  public static List<String> names() {
    return BuiltInTemplates.NAMES;
  }

  /**
   * The template that a setting names, in Jinja. A file of that name is taken before a built-in
   * template.
   *
   * @param setting as for {@link #encoder(Tokenizer, String)}
   * @return empty for {@code auto} and {@code none}, which name no template of their own
   * @throws LuthierException when the file cannot be read, and when there is neither a file nor a
   *     template of that name
   */
  public static Optional<String> source(String setting) {
    if (setting.equals(AUTO) || setting.equals(NONE)) {
      return Optional.empty();
    }
    if (names().contains(setting) && !Files.isRegularFile(Path.of(setting))) {
      return Optional.of(BuiltInTemplates.source(setting));
    }
    if (!Files.exists(Path.of(setting)) && WORD.matcher(setting).matches()) {
      throw unknown(setting);
    }
    return Optional.of(read(Path.of(setting)));
  }

  private static LuthierException unknown(String setting) {
    List<String> known = Stream.concat(Stream.of(AUTO, NONE), names().stream()).toList();
    return new LuthierException(
        "the chat template "
            + setting
            + ": expected "
            + String.join(", ", known)
            + ", or a Jinja file; there is no such file"
            + Nearest.to(setting, known).map(name -> ". Did you mean " + name + "?").orElse(""));
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

  /** The source of the template, without tools, of the first of these folders that has one. */
  public static Optional<String> source(List<Path> folders) {
    return folders.stream()
        .flatMap(folder -> TokenizerConfig.read(folder).template(false).stream())
        .findFirst();
  }

  /**
   * Reads a template's source.
   *
   * @throws LuthierException when it cannot be read
   */
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new LuthierException("the chat template " + file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new LuthierException(
          "the chat template " + file + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static ChatEncoder named(
      Tokenizer tokenizer, String setting, String source, Clock clock) {
    try {
      return encoder(tokenizer, source, source, clock);
    } catch (TemplateException e) {
      throw new LuthierException(setting + ": " + e.getMessage(), e);
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
