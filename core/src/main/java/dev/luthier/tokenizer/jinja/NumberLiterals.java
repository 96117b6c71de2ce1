package dev.luthier.tokenizer.jinja;

import java.math.BigInteger;

/** Numbers as templates write them: Python's, with underscores between digits. */
final class NumberLiterals {
  /** Python refuses to convert longer texts to integers, because it takes quadratic time. */
  static final int MAX_DIGITS = 4300;

  private NumberLiterals() {}

  /** Where the float that begins at {@code from} ends, or -1 if none does. */
  static int floatEnd(String s, int from) {
    int whole = digits(s, from, 10);
    if (whole == from) {
      return -1;
    }
    int end = whole;
    boolean fraction = false;
    if (end < s.length() && s.charAt(end) == '.') {
      int f = digits(s, end + 1, 10);
      if (f > end + 1) {
        fraction = true;
        end = f;
      }
    }
    if (end < s.length() && (s.charAt(end) == 'e' || s.charAt(end) == 'E')) {
      int e = end + 1;
      if (e < s.length() && (s.charAt(e) == '+' || s.charAt(e) == '-')) {
        e++;
      }
      int stop = digits(s, e, 10);
      if (stop > e) {
        return stop;
      }
    }
    return fraction ? end : -1;
  }

  static int integerEnd(String s, int from) {
    if (s.charAt(from) == '0') {
      int radix = from + 1 < s.length() ? radix(s.charAt(from + 1)) : 0;
      if (radix > 0) {
        int start = from + 2 < s.length() && s.charAt(from + 2) == '_' ? from + 3 : from + 2;
        int end = digits(s, start, radix);
        if (end > start) {
          return end;
        }
      }
      int end = from + 1;
      while (end < s.length()
          && (s.charAt(end) == '0'
              || s.charAt(end) == '_' && end + 1 < s.length() && s.charAt(end + 1) == '0')) {
        end++;
      }
      return end;
    }
    return digits(s, from, 10);
  }

  static double floatValue(String text) {
    return Double.parseDouble(text.replace("_", ""));
  }

  static Object integerValue(String text) {
    String plain = text.replace("_", "");
    int radix = plain.length() > 2 ? radix(plain.charAt(1)) : 0;
    return radix > 0 ? parse(plain.substring(2), radix) : parse(plain, 10);
  }

  /** Digits with an optional sign, as a Long or, where that is too small, a BigInteger. */
  static Object parse(String digits, int radix) {
    if (digits.length() > MAX_DIGITS) {
      throw Fault.value("a number of more than " + MAX_DIGITS + " digits");
    }
    return Arith.normal(new BigInteger(digits, radix));
  }

  static int radix(char c) {
    return switch (c) {
      case 'x', 'X' -> 16;
      case 'o', 'O' -> 8;
      case 'b', 'B' -> 2;
      default -> 0;
    };
  }

  /** Digits, with single underscores between them. */
  private static int digits(String s, int from, int radix) {
    int i = from;
    while (i < s.length()) {
      char c = s.charAt(i);
      boolean digit = c < 128 && Character.digit(c, radix) >= 0;
      boolean joins =
          c == '_'
              && i > from
              && i + 1 < s.length()
              && s.charAt(i + 1) < 128
              && Character.digit(s.charAt(i + 1), radix) >= 0;
      if (!digit && !joins) {
        break;
      }
      i++;
    }
    return i;
  }
}
