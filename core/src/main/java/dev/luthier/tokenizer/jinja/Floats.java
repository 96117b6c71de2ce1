package dev.luthier.tokenizer.jinja;

import dev.luthier.format.PythonFloat;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Floats as Python prints, rounds and reads them. */
final class Floats {
  private Floats() {}

  /** The shortest decimal that reads back as the same double. */
  static String repr(double d) {
    if (Double.isNaN(d)) {
      return "nan";
    }
    if (Double.isInfinite(d)) {
      return d > 0 ? "inf" : "-inf";
    }
    return PythonFloat.repr(d);
  }

  /** {@code round(d, digits)}: half to even, on the exact value. */
  static double round(double d, int digits) {
    if (Double.isNaN(d) || Double.isInfinite(d) || digits > 330) {
      return d;
    }
    if (digits < -330) {
      return 0.0 * d;
    }
    double r = new BigDecimal(d).setScale(digits, RoundingMode.HALF_EVEN).doubleValue();
    return r == 0 ? Math.copySign(0.0, d) : r;
  }

  /**
   * A finite or special number without its sign in one of the presentation types e, f, g and
   * percent.
   *
   * @param alternate keeps the point and trailing zeros
   */
  static String format(double d, char type, int precision, boolean alternate) {
    char lower = Character.toLowerCase(type);
    double abs = Math.abs(d);
    String text;
    if (Double.isNaN(d) || Double.isInfinite(d)) {
      text = (Double.isNaN(d) ? "nan" : "inf") + (lower == '%' ? "%" : "");
    } else {
      text =
          switch (lower) {
            case 'e' -> scientific(abs, precision, alternate);
            case 'g' -> general(abs, Math.max(precision, 1), alternate);
            case '%' -> fixed(abs * 100, precision, alternate) + "%";
            default -> fixed(abs, precision, alternate);
          };
    }
    return Character.isUpperCase(type) ? text.toUpperCase(java.util.Locale.ROOT) : text;
  }

  private static String fixed(double d, int precision, boolean alternate) {
    String text = new BigDecimal(d).setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    return alternate && precision == 0 ? text + "." : text;
  }

  private static String scientific(double d, int precision, boolean alternate) {
    BigDecimal rounded = rounded(d, precision + 1);
    String digits = rounded.unscaledValue().toString();
    int exponent = d == 0 ? 0 : digits.length() - 1 - rounded.scale();
    String padded = digits + "0".repeat(Math.max(0, precision + 1 - digits.length()));
    String point = precision > 0 || alternate ? "." : "";
    return padded.charAt(0)
        + point
        + padded.substring(1, precision + 1)
        + PythonFloat.exponent(exponent);
  }

  private static String general(double d, int precision, boolean alternate) {
    BigDecimal rounded = rounded(d, precision);
    int exponent = d == 0 ? 0 : rounded.precision() - 1 - rounded.scale();
    boolean wide = exponent < -4 || exponent >= precision;
    String text =
        wide
            ? scientific(d, precision - 1, alternate)
            : fixed(d, precision - 1 - exponent, alternate);
    if (alternate || text.indexOf('.') < 0) {
      return text;
    }
    int e = text.indexOf('e');
    String mantissa = e < 0 ? text : text.substring(0, e);
    mantissa = mantissa.replaceAll("0+$", "").replaceAll("\\.$", "");
    return e < 0 ? mantissa : mantissa + text.substring(e);
  }

  private static BigDecimal rounded(double d, int precision) {
    return new BigDecimal(d).round(new MathContext(precision, RoundingMode.HALF_EVEN));
  }

  /** What {@code float(text)} returns, or NaN with {@code valid[0]} false. */
  static double parse(String text, boolean[] valid) {
    String s = Str.strip(text, true, true);
    String lower = s.toLowerCase(java.util.Locale.ROOT);
    String unsigned = lower.startsWith("-") || lower.startsWith("+") ? lower.substring(1) : lower;
    double sign = lower.startsWith("-") ? -1 : 1;
    valid[0] = true;
    if (unsigned.equals("inf") || unsigned.equals("infinity")) {
      return sign * Double.POSITIVE_INFINITY;
    }
    if (unsigned.equals("nan")) {
      return Double.NaN;
    }
    if (unsigned.length() < 10_000
        && unsigned.matches(
            "(\\d++(_\\d++)*+\\.?|(\\d++(_\\d++)*+)?\\.\\d++(_\\d++)*+)(e[+-]?\\d++(_\\d++)*+)?")) {
      return sign * Double.parseDouble(unsigned.replace("_", ""));
    }
    valid[0] = false;
    return Double.NaN;
  }
}
