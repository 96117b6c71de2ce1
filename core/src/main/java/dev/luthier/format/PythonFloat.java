package dev.luthier.format;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Floats as Python prints them. */
public final class PythonFloat {
  private PythonFloat() {}

  /**
   * {@code repr(d)} of a finite number: the shortest decimal that reads back as the same double,
   * with an exponent of two digits at least below 1e-4 and from 1e16. {@code Double.toString} of
   * Java 17 has a digit too many at times.
   */
  public static String repr(double d) {
    String sign = 1 / d < 0 || d < 0 ? "-" : "";
    if (d == 0) {
      return sign + "0.0";
    }
    BigDecimal shortest = shortest(Math.abs(d));
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    if (exponent < -4 || exponent >= 16) {
      String rest = digits.length() == 1 ? "" : "." + digits.substring(1);
      return sign + digits.charAt(0) + rest + exponent(exponent);
    }
    String plain = shortest.toPlainString();
    return sign + (plain.indexOf('.') < 0 ? plain + ".0" : plain);
  }

  /** The exponent's part: {@code e-05}, {@code e+16}. */
  public static String exponent(int e) {
    return (e < 0 ? "e-" : "e+") + (Math.abs(e) < 10 ? "0" : "") + Math.abs(e);
  }

  private static BigDecimal shortest(double d) {
    BigDecimal exact = new BigDecimal(d);
    for (int precision = 1; precision < 17; precision++) {
      BigDecimal candidate = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
      if (candidate.doubleValue() == d) {
        return candidate.stripTrailingZeros();
      }
    }
    return exact.round(new MathContext(17, RoundingMode.HALF_EVEN)).stripTrailingZeros();
  }
}
