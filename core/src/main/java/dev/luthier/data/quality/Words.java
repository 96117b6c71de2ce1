package dev.luthier.data.quality;

import dev.luthier.data.duplicates.TextNormal;
import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.List;

/**
 * Texts as lower-case words without punctuation, {@link TextNormal#WORDS}. Every character of a
 * script that writes no spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is a word of its own.
 */
final class Words {
  private Words() {}

  /** Returns the words of a text; "Don't" is two, {@code don} and {@code t}. */
  static List<String> of(String text) {
    String normal = TextNormal.WORDS.apply(text);
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < normal.length(); ) {
      int c = normal.codePointAt(i);
      i += Character.charCount(c);
      boolean alone = isUnspaced(c);
      if (alone || c == ' ') {
        end(word, words);
      }
      if (alone) {
        words.add(Character.toString(c));
      } else if (c != ' ') {
        word.appendCodePoint(c);
      }
    }
    end(word, words);
    return words;
  }

  private static boolean isUnspaced(int c) {
    if (c < 0x0E00 || !Character.isLetter(c)) {
      return false;
    }
    UnicodeScript script = UnicodeScript.of(c);
    return script == UnicodeScript.HAN
        || script == UnicodeScript.HIRAGANA
        || script == UnicodeScript.KATAKANA
        || script == UnicodeScript.THAI
        || script == UnicodeScript.LAO
        || script == UnicodeScript.KHMER
        || script == UnicodeScript.MYANMAR;
  }

  /** Punctuation, which a text without a letter or digit is normalised to, is no word. */
  private static void end(StringBuilder word, List<String> words) {
    if (word.chars().anyMatch(Words::isPartOfWord)) {
      words.add(word.toString());
    }
    word.setLength(0);
  }

  private static boolean isPartOfWord(int c) {
    return Character.isLetterOrDigit(c) || Character.isSurrogate((char) c);
  }
}
