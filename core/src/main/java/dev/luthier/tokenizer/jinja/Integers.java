package dev.luthier.tokenizer.jinja;

/** Python's {@code int(text, base)}. */
final class Integers {
  private Integers() {}

  /** The number, or {@link None} if the text is not one. */
  static Object parse(String text, int base) {
    if (base != 0 && (base < 2 || base > 36)) {
      throw Fault.value("int() base must be >= 2 and <= 36, or 0");
    }
    boolean negative = text.startsWith("-");
    String digits = negative || text.startsWith("+") ? text.substring(1) : text;
    int radix = base;
    int prefixed =
        digits.length() > 1 && digits.charAt(0) == '0' ? NumberLiterals.radix(digits.charAt(1)) : 0;
    if (prefixed > 0 && (base == 0 || base == prefixed)) {
      digits = digits.substring(2);
      digits = digits.startsWith("_") ? digits.substring(1) : digits;
      radix = prefixed;
    } else if (base == 0) {
      radix = 10;
      if (digits.startsWith("0") && !digits.replace("_", "").matches("0+")) {
        return None.NONE;
      }
    }
    if (!valid(digits, radix)) {
      return None.NONE;
    }
    String plain = digits.replace("_", "");
    return plain.length() > NumberLiterals.MAX_DIGITS
        ? None.NONE
        : NumberLiterals.parse(negative ? "-" + plain : plain, radix);
  }

  private static boolean valid(String digits, int radix) {
    boolean afterDigit = false;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      boolean digit = Character.digit(c, radix) >= 0;
      if (!digit && !(c == '_' && afterDigit)) {
        return false;
      }
      afterDigit = digit;
    }
    return afterDigit;
  }
}
