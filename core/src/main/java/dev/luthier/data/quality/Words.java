package dev.luthier.data.quality;

import java.lang.Character.UnicodeScript;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Texts as lower-case words without punctuation, after Brown et al. 2020, appendix C. Every
 * character of a script that writes no spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is a
 * word of its own.
 */
final class Words {
  private Words() {}

  /** Returns the words of a text in compatibility normal form (NFKC) and lower case. */
  static List<String> of(String text) {
    String normal = Normalizer.normalize(text, Normalizer.Form.NFKC);
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < normal.length(); ) {
      int c = normal.codePointAt(i);
      i += Character.charCount(c);
      boolean alone = isUnspaced(c);
      if (alone || !(Character.isLetterOrDigit(c) || isPartOfWord(c))) {
        end(word, words);
      }
      if (alone) {
        words.add(Character.toString(c));
      } else if (Character.isLetterOrDigit(c)
          || Character.getType(c) == Character.NON_SPACING_MARK
          || Character.getType(c) == Character.COMBINING_SPACING_MARK) {
        word.appendCodePoint(Character.toLowerCase(c));
      }
    }
    end(word, words);
    return words;
  }

  /** Apostrophes and marks join what stands around them: "don't" is one word, {@code dont}. */
  private static boolean isPartOfWord(int c) {
    int type = Character.getType(c);
    return c == '\''
        || c == '’'
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK;
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

  private static void end(StringBuilder word, List<String> words) {
    if (word.length() > 0) {
      words.add(word.toString());
      word.setLength(0);
    }
  }
}
