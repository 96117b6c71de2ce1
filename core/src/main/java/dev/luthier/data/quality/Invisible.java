package dev.luthier.data.quality;

import java.lang.Character.UnicodeScript;

/**
 * Characters that show nothing. Joiners belong to Arabic, Indic scripts and emoji, and directional
 * marks to texts with letters written from right to left; elsewhere they are debris, or hide what a
 * reader should see (Boucher and Anderson 2021, "Trojan Source").
 */
final class Invisible {
  private static final int BLACK_FLAG = 0x1F3F4;

  private Invisible() {}

  /** Returns whether an invisible character that the text around it has no use of starts at i. */
  static boolean isStray(String text, int i) {
    int c = text.codePointAt(i);
    if (c == 0xFEFF || c == 0x2060) {
      return true;
    }
    if (c == 0x200B) {
      return !spacesWords(before(text, i)) && !spacesWords(after(text, i));
    }
    if (c == 0x200C || c == 0x200D) {
      return isPlain(before(text, i)) && isPlain(after(text, i));
    }
    if (c == 0x200E
        || c == 0x200F
        || (c >= 0x202A && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069)) {
      return text.chars().noneMatch(Invisible::isRightToLeft);
    }
    // Tag characters: flags of regions use them, invisible instructions too.
    return c >= 0xE0000 && c <= 0xE007F && text.indexOf(Character.toString(BLACK_FLAG)) < 0;
  }

  /** Latin, Greek and Cyrillic letters, digits, punctuation, white space, and the text's ends. */
  private static boolean isPlain(int c) {
    UnicodeScript script = UnicodeScript.of(c);
    return script == UnicodeScript.LATIN
        || script == UnicodeScript.GREEK
        || script == UnicodeScript.CYRILLIC
        || c < 0x80;
  }

  /** Scripts that write no spaces use U+200B between words. */
  private static boolean spacesWords(int c) {
    UnicodeScript script = UnicodeScript.of(c);
    return script == UnicodeScript.THAI
        || script == UnicodeScript.KHMER
        || script == UnicodeScript.LAO
        || script == UnicodeScript.MYANMAR;
  }

  private static boolean isRightToLeft(int c) {
    byte direction = Character.getDirectionality(c);
    return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
        || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
  }

  private static int before(String text, int i) {
    return i == 0 ? ' ' : text.codePointBefore(i);
  }

  private static int after(String text, int i) {
    return i + 1 < text.length() ? text.codePointAt(i + 1) : ' ';
  }
}
