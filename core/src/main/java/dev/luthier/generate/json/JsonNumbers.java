package dev.luthier.generate.json;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Numbers as JSON writes them: at most 18 digits before the point and 17 behind it, or one before
 * it and an exponent that a double can have. Bounds are kept digit by digit, and numbers within
 * bounds are written without an exponent.
 */
final class JsonNumbers {
  private static final int WHOLE_DIGITS = 18;
  private static final int FRACTION_DIGITS = 17;
  private static final BigInteger LARGEST =
      BigInteger.TEN.pow(WHOLE_DIGITS).subtract(BigInteger.ONE);
  private static final Grammar DIGIT = digit(0, 9);
  private static final Grammar ANY_FRACTION =
      Grammar.optional(Grammar.sequence(Grammar.text("."), digits(1)));
  private static final Grammar SIGN = Grammar.optional(Grammar.text("-"));

  /** Any integer. */
  static final Grammar INTEGER = integer(null, null);

  /** Any number. */
  static final Grammar NUMBER =
      Grammar.sequence(
          SIGN,
          Grammar.either(
              Grammar.sequence(natural(BigInteger.ZERO, LARGEST), ANY_FRACTION),
              Grammar.sequence(DIGIT, ANY_FRACTION, exponent())));

  /** A bound that may itself be left out. */
  record Bound(BigDecimal value, boolean excluded) {}

  private JsonNumbers() {}

  private static Grammar digit(int from, int to) {
    return Grammar.any(ByteSet.range('0' + from, '0' + to));
  }

  private static Grammar digits(int least) {
    return Grammar.repeated(DIGIT, least, FRACTION_DIGITS);
  }

  private static Grammar zeros(int least) {
    return Grammar.repeated(digit(0, 0), least, FRACTION_DIGITS);
  }

  private static Grammar exponent() {
    return Grammar.sequence(
        Grammar.any(ByteSet.of('e', 'E')),
        Grammar.optional(Grammar.any(ByteSet.of('+', '-'))),
        Grammar.either(
            Grammar.repeated(DIGIT, 1, 2),
            Grammar.sequence(digit(1, 2), DIGIT, DIGIT),
            Grammar.sequence(Grammar.text("30"), digit(0, 7))));
  }

  /** Integers from one to the other. */
  static Grammar integer(@Nullable Bound least, @Nullable Bound most) {
    BigInteger from = LARGEST.negate();
    if (least != null) {
      BigInteger whole = least.value.setScale(0, RoundingMode.CEILING).toBigInteger();
      from = from.max(isAt(least, whole) ? whole.add(BigInteger.ONE) : whole);
    }
    BigInteger to = LARGEST;
    if (most != null) {
      BigInteger whole = most.value.setScale(0, RoundingMode.FLOOR).toBigInteger();
      to = to.min(isAt(most, whole) ? whole.subtract(BigInteger.ONE) : whole);
    }
    return Grammar.either(
        Grammar.sequence(
            Grammar.text("-"), natural(to.negate().max(BigInteger.ONE), from.negate())),
        natural(from.max(BigInteger.ZERO), to));
  }

  private static boolean isAt(Bound bound, BigInteger whole) {
    return bound.excluded && new BigDecimal(whole).compareTo(bound.value) == 0;
  }

  /** Numbers from one to the other. */
  static Grammar number(@Nullable Bound least, @Nullable Bound most) {
    if (least == null && most == null) {
      return NUMBER;
    }
    Bound far = new Bound(new BigDecimal(LARGEST), false);
    Bound zero = new Bound(BigDecimal.ZERO, false);
    Grammar positive =
        positive(
            least == null || least.value.signum() < 0 ? zero : least, most == null ? far : most);
    Grammar negative =
        positive(
            most == null || most.value.signum() > 0
                ? new Bound(BigDecimal.ZERO, true)
                : new Bound(most.value.negate(), most.excluded || most.value.signum() == 0),
            least == null ? far : new Bound(least.value.negate(), least.excluded));
    return Grammar.either(positive, Grammar.sequence(Grammar.text("-"), negative));
  }

  /** Numbers from one to the other, neither of them below zero. */
  private static Grammar positive(Bound least, Bound most) {
    if (most.value.signum() < 0 || least.value.compareTo(most.value) > 0) {
      return Grammar.NEVER;
    }
    BigInteger from = least.value.toBigInteger();
    BigInteger to = most.value.toBigInteger();
    Grammar above = above(fraction(least.value), least.excluded);
    Grammar below = below(fraction(most.value), most.excluded);
    if (from.equals(to)) {
      return Grammar.sequence(natural(from, to), Table.both(above, below));
    }
    return Grammar.either(
        Grammar.sequence(natural(from, from), above),
        Grammar.sequence(
            natural(from.add(BigInteger.ONE), to.subtract(BigInteger.ONE)), ANY_FRACTION),
        Grammar.sequence(natural(to, to), below));
  }

  /** The digits behind the point, without zeros at the end. */
  private static String fraction(BigDecimal value) {
    BigDecimal rest = value.remainder(BigDecimal.ONE).stripTrailingZeros();
    return rest.signum() == 0 ? "" : rest.toPlainString().substring(2);
  }

  /** Fractions that are not below this one. */
  private static Grammar above(String digits, boolean excluded) {
    Grammar more =
        excluded
            ? Grammar.sequence(zeros(0), digit(1, 9), digits(0))
            : digits.isEmpty() ? digits(1) : digits(0);
    for (int i = digits.length() - 1; i >= 0; i--) {
      int d = digits.charAt(i) - '0';
      more =
          Grammar.either(
              Grammar.sequence(digit(d + 1, 9), digits(0)), Grammar.sequence(digit(d, d), more));
    }
    Grammar pointed = Grammar.sequence(Grammar.text("."), more);
    return digits.isEmpty() && !excluded ? Grammar.optional(pointed) : pointed;
  }

  /** Fractions that are not above this one. */
  private static Grammar below(String digits, boolean excluded) {
    if (digits.isEmpty()) {
      return excluded
          ? Grammar.NEVER
          : Grammar.optional(Grammar.sequence(Grammar.text("."), zeros(1)));
    }
    Grammar more = excluded ? Grammar.NEVER : zeros(0);
    for (int i = digits.length() - 1; i >= 0; i--) {
      int d = digits.charAt(i) - '0';
      Grammar same = i == digits.length() - 1 ? more : Grammar.optional(more);
      more =
          Grammar.either(
              Grammar.sequence(digit(0, d - 1), digits(0)), Grammar.sequence(digit(d, d), same));
    }
    return Grammar.optional(Grammar.sequence(Grammar.text("."), more));
  }

  /** Whole numbers from one to the other, neither of them below zero, without leading zeros. */
  private static Grammar natural(BigInteger from, BigInteger to) {
    List<Grammar> lengths = new ArrayList<>();
    if (from.compareTo(to) <= 0) {
      int longest = to.toString().length();
      for (int length = from.toString().length(); length <= longest; length++) {
        BigInteger least = length == 1 ? BigInteger.ZERO : BigInteger.TEN.pow(length - 1);
        BigInteger most = BigInteger.TEN.pow(length).subtract(BigInteger.ONE);
        lengths.add(between(from.max(least).toString(), to.min(most).toString()));
      }
    }
    return Grammar.either(lengths);
  }

  /** Strings of digits, as long as both are, from one to the other. */
  private static Grammar between(String from, String to) {
    int rest = from.length() - 1;
    if (rest < 0) {
      return Grammar.EMPTY;
    }
    int first = from.charAt(0) - '0';
    int last = to.charAt(0) - '0';
    if (first == last) {
      return Grammar.sequence(digit(first, first), between(from.substring(1), to.substring(1)));
    }
    String zeros = "0".repeat(rest);
    String nines = "9".repeat(rest);
    boolean wholeFirst = from.endsWith(zeros);
    boolean wholeLast = to.endsWith(nines);
    List<Grammar> ways = new ArrayList<>();
    if (!wholeFirst) {
      ways.add(Grammar.sequence(digit(first, first), between(from.substring(1), nines)));
    }
    ways.add(
        Grammar.sequence(
            digit(wholeFirst ? first : first + 1, wholeLast ? last : last - 1),
            Grammar.repeated(DIGIT, rest, rest)));
    if (!wholeLast) {
      ways.add(Grammar.sequence(digit(last, last), between(zeros, to.substring(1))));
    }
    return Grammar.either(ways);
  }
}
