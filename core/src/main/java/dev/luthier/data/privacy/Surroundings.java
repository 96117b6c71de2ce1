package dev.luthier.data.privacy;

import java.util.regex.Pattern;

/** What stands around a stretch of text, a bounded way off. */
final class Surroundings {
  /** How far before a number a word may stand that says what it is, in UTF-16 units. */
  private static final int REACH = 40;

  private Surroundings() {}

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  static boolean isWord(char c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  /** Returns where the digits that begin at a position end. */
  static int digitsEnd(String text, int start) {
    int i = start;
    while (i < text.length() && isDigit(text.charAt(i))) {
      i++;
    }
    return i;
  }

  /**
   * Returns whether neither a word nor a longer number goes on across either end: not in "a12",
   * "3.12", "1-12".
   */
  static boolean isFree(String text, int start, int end) {
    return isFreeBefore(text, start) && isFreeAfter(text, end);
  }

  static boolean isFreeBefore(String text, int start) {
    if (start == 0) {
      return true;
    }
    char c = text.charAt(start - 1);
    if (isWord(c) || Character.getType(c) == Character.CURRENCY_SYMBOL) {
      return false;
    }
    return !joins(c) || start < 2 || !isDigit(text.charAt(start - 2));
  }

  static boolean isFreeAfter(String text, int end) {
    if (end >= text.length()) {
      return true;
    }
    char c = text.charAt(end);
    if (isWord(c)) {
      return false;
    }
    return !joins(c) || end + 1 >= text.length() || !isDigit(text.charAt(end + 1));
  }

  /** Returns whether digits follow after one space, or stand so before: a row of numbers. */
  static boolean isInRow(String text, int start, int end) {
    return start >= 2 && text.charAt(start - 1) == ' ' && isDigit(text.charAt(start - 2))
        || end + 1 < text.length() && text.charAt(end) == ' ' && isDigit(text.charAt(end + 1));
  }

  /**
   * Returns whether one of the words stands shortly before. A marker of an earlier redaction ends
   * the search, so that "[PHONE]" does not speak for the number after it.
   */
  static boolean follows(String text, int start, Pattern words) {
    int from = start;
    while (from > 0 && from > start - REACH && text.charAt(from - 1) != ']') {
      from--;
    }
    return words.matcher(text).region(from, start).useTransparentBounds(true).find();
  }

  private static boolean joins(char c) {
    return ".,-/:+'".indexOf(c) >= 0;
  }
}
