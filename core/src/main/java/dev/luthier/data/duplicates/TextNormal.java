package dev.luthier.data.duplicates;

import java.text.Normalizer;
import java.util.Locale;

/**
 * What of a text counts when it is compared with others. Applying one twice is applying it once.
 */
public enum TextNormal {
  /** Everything: the text as it is. */
  VERBATIM {
    @Override
    public String apply(String text) {
      return text;
    }
  },
  /**
   * All but how blank space is made: Unicode NFKC, each run of white space to one space, none at
   * the ends.
   */
  WHITE_SPACE {
    @Override
    public String apply(String text) {
      return spaced(compatible(text), false);
    }
  },
  /**
   * The words: Unicode NFKC, lower case, each run of anything but letters, marks and digits to one
   * space, none at the ends. So {@code 2 + 3} is {@code 2 - 3}; choose {@link #WHITE_SPACE} for
   * code and formulas. A text without a letter or digit is taken as {@link #WHITE_SPACE} takes it.
   */
  WORDS {
    @Override
    public String apply(String text) {
      String words = spaced(compatible(compatible(text).toLowerCase(Locale.ROOT)), true);
      return words.isEmpty() ? WHITE_SPACE.apply(text) : words;
    }
  };

  private static final int WORD_TYPES =
      1 << Character.UPPERCASE_LETTER
          | 1 << Character.LOWERCASE_LETTER
          | 1 << Character.TITLECASE_LETTER
          | 1 << Character.MODIFIER_LETTER
          | 1 << Character.OTHER_LETTER
          | 1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK
          | 1 << Character.DECIMAL_DIGIT_NUMBER
          | 1 << Character.LETTER_NUMBER
          | 1 << Character.OTHER_NUMBER;

  /** Returns the part of the text that counts. */
  public abstract String apply(String text);

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String compatible(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC);
  }

  private static String spaced(String text, boolean wordsOnly) {
    StringBuilder out = new StringBuilder(text.length());
    boolean gap = false;
    int point;
    for (int i = 0; i < text.length(); i += Character.charCount(point)) {
      point = text.codePointAt(i);
      boolean kept =
          wordsOnly
              ? (WORD_TYPES >>> Character.getType(point) & 1) != 0
              : !Character.isWhitespace(point) && !Character.isSpaceChar(point);
      if (!kept) {
        gap = true;
        continue;
      }
      if (gap && out.length() > 0) {
        out.append(' ');
      }
      gap = false;
      out.appendCodePoint(point);
    }
    return out.toString();
  }
}
