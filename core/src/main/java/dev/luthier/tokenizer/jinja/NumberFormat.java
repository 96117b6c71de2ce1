package dev.luthier.tokenizer.jinja;

import java.util.Locale;

/** Signs, prefixes, grouping and padding that both ways of formatting share. */
final class NumberFormat {
  /** Digits after the point that anybody can mean. */
  static final int MAX_PRECISION = 1_000;

  private NumberFormat() {}

  static String sign(boolean negative, char wanted) {
    return negative ? "-" : wanted == '+' || wanted == ' ' ? String.valueOf(wanted) : "";
  }

  /** Digits of the absolute value in the base of the type, with a prefix if asked for. */
  static String digits(Object integer, char type) {
    String text =
        Arith.big(integer)
            .abs()
            .toString(
                switch (type) {
                  case 'x', 'X' -> 16;
                  case 'o' -> 8;
                  case 'b' -> 2;
                  default -> 10;
                });
    return type == 'X' ? text.toUpperCase(Locale.ROOT) : text;
  }

  static String prefix(char type) {
    return "xXob".indexOf(type) >= 0 ? "0" + type : "";
  }

  static int precision(long precision) {
    if (precision > MAX_PRECISION) {
      throw Fault.limit("a precision of more than " + MAX_PRECISION + " digits");
    }
    return (int) precision;
  }

  /** Puts separators into the whole part of a number. */
  static String grouped(String digits, char separator, int every) {
    int whole = 0;
    while (whole < digits.length() && Character.digit(digits.charAt(whole), 16) >= 0) {
      whole++;
    }
    StringBuilder out = new StringBuilder(digits);
    for (int i = whole - every; i > 0; i -= every) {
      out.insert(i, separator);
    }
    return out.toString();
  }
}
