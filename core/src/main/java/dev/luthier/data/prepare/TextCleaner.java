package dev.luthier.data.prepare;

import dev.luthier.data.prepare.CleanSettings.SpecialTokens;
import dev.luthier.data.quality.Damage;
import java.text.Normalizer;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Normalises texts as the settings say; a second time changes nothing. Thread-safe. */
final class TextCleaner implements UnaryOperator<String> {
  private static final Pattern LINE_END = Pattern.compile("\\r\\n?|[\\u2028\\u2029\\u0085]");
  private static final Pattern SPACE_BEFORE_END = Pattern.compile("[ \\t\\u00a0]+(?=\\n)");
  private static final Pattern BLANK_LINES = Pattern.compile("\\n{4,}");

  private final CleanSettings settings;
  private final List<String> special;

  /**
   * @param special the tokenizer's special tokens
   */
  TextCleaner(CleanSettings settings, Collection<String> special) {
    this.settings = settings;
    this.special =
        settings.specialTokens() == SpecialTokens.KEEP
            ? List.of()
            : special.stream()
                .filter(token -> token.length() > 2)
                .sorted((a, b) -> b.length() - a.length())
                .toList();
  }

  /** What one step makes may be another's work, such as a composed letter of mojibake. */
  @Override
  public String apply(String text) {
    String before = text;
    while (true) {
      String after = once(before);
      if (after.equals(before)) {
        return after;
      }
      before = after;
    }
  }

  private String once(String text) {
    String cleaned = settings.repair() ? Damage.repair(text) : text;
    if (settings.unicode() && !Normalizer.isNormalized(cleaned, Normalizer.Form.NFC)) {
      cleaned = Normalizer.normalize(cleaned, Normalizer.Form.NFC);
    }
    for (String token : special) {
      cleaned = cleaned.replace(token, "");
    }
    return settings.whitespace() ? spaced(cleaned) : cleaned;
  }

  private static String spaced(String text) {
    String lines = replace(LINE_END, text, "\n");
    String ends = replace(SPACE_BEFORE_END, lines, "");
    return replace(BLANK_LINES, ends, "\n\n").strip();
  }

  private static String replace(Pattern pattern, String text, String by) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.replaceAll(by) : text;
  }
}
