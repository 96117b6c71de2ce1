package dev.luthier.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic: integers without bounds, floor division, signs of remainders. */
final class Arith {
  private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);
  private static final long EXACT_DOUBLE = 1L << 53;

  /** About {@link NumberLiterals#MAX_DIGITS} digits. */
  private static final int MAX_BITS = 14_285;

  private Arith() {}

  static Object normal(BigInteger b) {
    if (b.bitLength() > MAX_BITS) {
      throw Fault.limit("an integer of more than " + NumberLiterals.MAX_DIGITS + " digits");
    }
    return b.compareTo(MIN) >= 0 && b.compareTo(MAX) <= 0 ? (Object) b.longValue() : b;
  }

  static BigInteger big(Object v) {
    if (v instanceof Long n) {
      return BigInteger.valueOf(n);
    }
    if (v instanceof Boolean b) {
      return b ? BigInteger.ONE : BigInteger.ZERO;
    }
    return v instanceof BigInteger b ? b : BigInteger.ZERO;
  }

  static double toDouble(Object v) {
    if (v instanceof Boolean b) {
      return b ? 1 : 0;
    }
    return v instanceof Number n ? n.doubleValue() : Double.NaN;
  }

  /** An integer argument. */
  static long toLong(Object v) {
    if (v instanceof Long n) {
      return n;
    }
    if (v instanceof Boolean b) {
      return b ? 1 : 0;
    }
    if (v instanceof BigInteger b) {
      return b.signum() > 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
    if (v instanceof Undefined u) {
      throw u.fault();
    }
    throw Fault.type("'" + Types.name(v) + "' object cannot be interpreted as an integer");
  }

  /** A product that stays at the largest long instead of running over. */
  static long product(long a, long b) {
    long high = Math.multiplyHigh(a, b);
    return high == 0 && a * b >= 0 ? a * b : Long.MAX_VALUE;
  }

  /** A binary operator of a template. */
  static Object apply(Env env, String op, Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return integers(env, op, x, y);
    }
    if (a instanceof Undefined u) {
      throw u.fault();
    }
    if (op.equals("%") && Types.isString(a)) {
      return Percent.format(env, a, b);
    }
    if (b instanceof Undefined u) {
      throw u.fault();
    }
    if (Types.isNumber(a) && Types.isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? doubles(op, toDouble(a), toDouble(b))
          : bigs(env, op, big(a), big(b));
    }
    if (op.equals("+")) {
      return concat(env, a, b);
    }
    if (op.equals("*")) {
      return repeat(env, a, b);
    }
    throw unsupported(op, a, b);
  }

  private static Fault unsupported(String op, Object a, Object b) {
    String name = op.equals("**") ? "** or pow()" : op;
    return Fault.type(
        "unsupported operand type(s) for "
            + name
            + ": '"
            + Types.name(a)
            + "' and '"
            + Types.name(b)
            + "'");
  }

  private static Object integers(Env env, String op, long x, long y) {
    long r;
    switch (op) {
      case "+":
        r = x + y;
        if (((x ^ r) & (y ^ r)) >= 0) {
          return r;
        }
        break;
      case "-":
        r = x - y;
        if (((x ^ y) & (x ^ r)) >= 0) {
          return r;
        }
        break;
      case "*":
        if (Math.multiplyHigh(x, y) == (x * y) >> 63) {
          return x * y;
        }
        break;
      case "%":
        if (y > 0) {
          return Math.floorMod(x, y);
        }
        break;
      case "//":
        if (y > 0) {
          return Math.floorDiv(x, y);
        }
        break;
      default:
        break;
    }
    return bigs(env, op, BigInteger.valueOf(x), BigInteger.valueOf(y));
  }

  private static Object bigs(Env env, String op, BigInteger x, BigInteger y) {
    env.steps((x.bitLength() + y.bitLength()) >> 3);
    return switch (op) {
      case "+" -> normal(x.add(y));
      case "-" -> normal(x.subtract(y));
      case "*" -> normal(x.multiply(y));
      case "/" -> divide(x, y);
      case "//" -> normal(floorDivide(x, y)[0]);
      case "%" -> normal(floorDivide(x, y)[1]);
      default -> power(x, y);
    };
  }

  private static Object divide(BigInteger x, BigInteger y) {
    if (y.signum() == 0) {
      throw Fault.value("division by zero");
    }
    BigInteger bound = BigInteger.valueOf(EXACT_DOUBLE);
    if (x.abs().compareTo(bound) <= 0 && y.abs().compareTo(bound) <= 0) {
      return x.doubleValue() / y.doubleValue();
    }
    double r = new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
    if (Double.isInfinite(r)) {
      throw Fault.value("integer division result too large for a float");
    }
    return r;
  }

  private static BigInteger[] floorDivide(BigInteger x, BigInteger y) {
    if (y.signum() == 0) {
      throw Fault.value("integer division or modulo by zero");
    }
    BigInteger[] qr = x.divideAndRemainder(y);
    if (qr[1].signum() != 0 && qr[1].signum() != y.signum()) {
      qr[0] = qr[0].subtract(BigInteger.ONE);
      qr[1] = qr[1].add(y);
    }
    return qr;
  }

  private static Object power(BigInteger x, BigInteger y) {
    if (y.signum() < 0) {
      return doublePower(x.doubleValue(), y.doubleValue());
    }
    if (x.bitLength() > 1
        && (y.bitLength() > 31 || product(x.bitLength() - 1L, y.longValue()) > MAX_BITS)) {
      throw Fault.limit("an integer of more than " + NumberLiterals.MAX_DIGITS + " digits");
    }
    if (y.bitLength() > 31) {
      // 0, 1 and -1 only: no other base gets here
      return x.signum() < 0 && !y.testBit(0) ? 1L : x.longValue();
    }
    return normal(x.pow(y.intValue()));
  }

  private static Object doubles(String op, double x, double y) {
    return switch (op) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "**" -> doublePower(x, y);
      default -> {
        if (y == 0) {
          throw Fault.value("float division by zero");
        }
        yield op.equals("/") ? x / y : op.equals("%") ? modulo(x, y) : floorDivide(x, y);
      }
    };
  }

  private static double doublePower(double x, double y) {
    if (x == 0 && y < 0) {
      throw Fault.value("0.0 cannot be raised to a negative power");
    }
    double r = Math.pow(x, y);
    if (Double.isNaN(r) && !Double.isNaN(x) && !Double.isNaN(y)) {
      throw Fault.value("complex numbers are not supported");
    }
    if (Double.isInfinite(r) && !Double.isInfinite(x) && !Double.isInfinite(y)) {
      throw Fault.value("Numerical result out of range");
    }
    return r;
  }

  private static double modulo(double x, double y) {
    double m = x % y;
    if (m == 0) {
      return Math.copySign(0.0, y);
    }
    return (y < 0) != (m < 0) ? m + y : m;
  }

  private static double floorDivide(double x, double y) {
    double m = x % y;
    double div = (x - m) / y;
    if (m != 0 && (y < 0) != (m < 0)) {
      div -= 1;
    }
    if (div == 0) {
      return Math.copySign(0.0, x / y);
    }
    double floor = Math.floor(div);
    return div - floor > 0.5 ? floor + 1 : floor;
  }

  private static Object concat(Env env, Object a, Object b) {
    if (a instanceof String x && b instanceof String y) {
      return env.concat(List.of(x, y));
    }
    if (Types.isString(a) && Types.isString(b)) {
      String x = Markup.escaped(env, a);
      String y = Markup.escaped(env, b);
      env.allocate(x.length() + (long) y.length());
      return new Markup(x + y);
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return joined(env, x, y);
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return Tuple.of(joined(env, x.items(), y.items()));
    }
    if (Types.isString(a) || a instanceof List || a instanceof Tuple) {
      String type = a instanceof Markup ? "str" : Types.name(a);
      throw Fault.type(
          "can only concatenate " + type + " (not \"" + Types.name(b) + "\") to " + type);
    }
    throw unsupported("+", a, b);
  }

  private static List<Object> joined(Env env, List<?> x, List<?> y) {
    env.object(x.size() + (long) y.size());
    List<Object> result = new ArrayList<>(x.size() + y.size());
    result.addAll(x);
    result.addAll(y);
    return result;
  }

  private static Object repeat(Env env, Object a, Object b) {
    Object sequence = Types.isIndex(a) ? b : a;
    Object times = Types.isIndex(a) ? a : b;
    boolean repeatable =
        Types.isString(sequence) || sequence instanceof List || sequence instanceof Tuple;
    if (!repeatable) {
      throw unsupported("*", a, b);
    }
    if (!Types.isIndex(times)) {
      throw Fault.type("can't multiply sequence by non-int of type '" + Types.name(times) + "'");
    }
    long n = Math.max(0, toLong(times));
    if (Types.isString(sequence)) {
      return Str.like(sequence, Str.repeat(env, Str.require(sequence, "operand"), n));
    }
    List<?> items = sequence instanceof Tuple t ? t.items() : (List<?>) sequence;
    env.object(product(items.size(), n));
    List<Object> result = new ArrayList<>();
    for (long i = 0; i < n && !items.isEmpty(); i++) {
      result.addAll(items);
    }
    return sequence instanceof Tuple ? Tuple.of(result) : result;
  }

  static Object negate(Object v) {
    if (v instanceof Double d) {
      return -d;
    }
    if (Types.isIndex(v)) {
      return normal(big(v).negate());
    }
    throw v instanceof Undefined u
        ? u.fault()
        : Fault.type("bad operand type for unary -: '" + Types.name(v) + "'");
  }

  static Object plus(Object v) {
    if (v instanceof Double) {
      return v;
    }
    if (Types.isIndex(v)) {
      return normal(big(v));
    }
    throw v instanceof Undefined u
        ? u.fault()
        : Fault.type("bad operand type for unary +: '" + Types.name(v) + "'");
  }
}
