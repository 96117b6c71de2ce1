package dev.luthier.data.synthetic;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A text's words, in lower case: runs of letters and digits. On English text these are the words of
 * Google's {@code rouge_score} without its stemmer, which Self-Instruct filters by. That knows
 * ASCII alone; here every script counts, and of scripts that put no blanks between words each
 * letter is a word.
 *
 * <p>"It's 3 o'clock" has the words it, s, 3, o, clock.
 */
final class WordTokens {
  private static final Set<UnicodeScript> UNSPACED =
      EnumSet.of(
          UnicodeScript.HAN,
          UnicodeScript.HIRAGANA,
          UnicodeScript.KATAKANA,
          UnicodeScript.THAI,
          UnicodeScript.LAO,
          UnicodeScript.KHMER,
          UnicodeScript.MYANMAR);

  private WordTokens() {}

  /** The words, in order. */
  static List<String> of(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    text.toLowerCase(Locale.ROOT)
        .codePoints()
        .forEach(
            c -> {
              boolean alone = isUnspaced(c);
              if (alone || !isWordPart(c)) {
                flush(word, words);
              }
              if (alone) {
                words.add(Character.toString(c));
              } else if (isWordPart(c)) {
                word.appendCodePoint(c);
              }
            });
    flush(word, words);
    return words;
  }

  /** Whether each letter of its script is a word. */
  static boolean isUnspaced(int c) {
    return c > 0x7f && Character.isLetter(c) && UNSPACED.contains(UnicodeScript.of(c));
  }

  private static boolean isWordPart(int c) {
    return Character.isLetterOrDigit(c)
        || Character.getType(c) == Character.NON_SPACING_MARK
        || Character.getType(c) == Character.COMBINING_SPACING_MARK;
  }

  private static void flush(StringBuilder word, List<String> words) {
    if (!word.isEmpty()) {
      words.add(word.toString());
      word.setLength(0);
    }
  }
}
