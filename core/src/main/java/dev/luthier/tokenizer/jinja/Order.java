package dev.luthier.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's equality, order and membership. */
final class Order {
  private Order() {}

  static boolean equal(Env env, Object a, Object b) {
    return equal(env, a, b, 0);
  }

  private static boolean equal(Env env, Object a, Object b, int depth) {
    if (a instanceof String x && b instanceof String y) {
      return stringsEqual(env, x, y);
    }
    if (a == b) {
      return !(a instanceof Double d && d.isNaN());
    }
    if (Types.isNumber(a) && Types.isNumber(b)) {
      return numbersEqual(a, b);
    }
    if (Types.isString(a) && Types.isString(b)) {
      return stringsEqual(env, Str.of(env, a), Str.of(env, b));
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return sequencesEqual(env, x, y, depth);
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return sequencesEqual(env, x.items(), y.items(), depth);
    }
    if (a instanceof Dict x && b instanceof Dict y) {
      return dictsEqual(env, x, y, depth);
    }
    if (a instanceof Range x && b instanceof Range y) {
      return x.size() == y.size()
          && (x.size() == 0 || x.start() == y.start())
          && (x.size() <= 1 || x.step() == y.step());
    }
    return a instanceof Undefined && b instanceof Undefined;
  }

  private static boolean stringsEqual(Env env, String x, String y) {
    return x.length() == y.length() && env.scan(x).equals(y);
  }

  private static boolean numbersEqual(Object a, Object b) {
    if (a instanceof Double x && (x.isNaN() || x.isInfinite())
        || b instanceof Double y && (y.isNaN() || y.isInfinite())) {
      return Arith.toDouble(a) == Arith.toDouble(b);
    }
    return compareNumbers(a, b) == 0;
  }

  private static boolean sequencesEqual(Env env, List<?> x, List<?> y, int depth) {
    if (x.size() != y.size()) {
      return false;
    }
    env.nested(depth);
    Iterator<?> other = y.iterator();
    for (Object item : x) {
      env.step();
      if (!same(env, item, other.next(), depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** How containers compare: the same object is equal to itself, also NaN. */
  private static boolean same(Env env, Object a, Object b, int depth) {
    return a == b || equal(env, a, b, depth);
  }

  private static boolean dictsEqual(Env env, Dict x, Dict y, int depth) {
    if (x.size() != y.size()) {
      return false;
    }
    env.nested(depth);
    for (Map.Entry<Object, Object> e : x.entries()) {
      env.step();
      Object other = y.stored().get(e.getKey());
      if (other == null || !same(env, e.getValue(), other, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  /** Orders two values; {@code op} is for the error message. */
  static int compare(Env env, String op, Object a, Object b) {
    return compare(env, op, a, b, 0);
  }

  private static int compare(Env env, String op, Object a, Object b, int depth) {
    if (Types.isNumber(a) && Types.isNumber(b)) {
      return compareNumbers(a, b);
    }
    if (Types.isString(a) && Types.isString(b)) {
      return Str.compare(env.scan(Str.of(env, a)), Str.of(env, b));
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return compareSequences(env, op, x, y, depth);
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return compareSequences(env, op, x.items(), y.items(), depth);
    }
    if (a instanceof Undefined u) {
      throw u.fault();
    }
    if (b instanceof Undefined u) {
      throw u.fault();
    }
    throw Fault.type(
        "'"
            + op
            + "' not supported between instances of '"
            + Types.name(a)
            + "' and '"
            + Types.name(b)
            + "'");
  }

  private static int compareSequences(Env env, String op, List<?> x, List<?> y, int depth) {
    env.nested(depth);
    int n = Math.min(x.size(), y.size());
    for (int i = 0; i < n; i++) {
      env.step();
      if (!same(env, x.get(i), y.get(i), depth + 1)) {
        return compare(env, op, x.get(i), y.get(i), depth + 1);
      }
    }
    return Integer.compare(x.size(), y.size());
  }

  /** Exact, also between large integers and floats; NaN must not get here. */
  private static int compareNumbers(Object a, Object b) {
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (a instanceof Double x && (b instanceof Double || x.isInfinite() || x.isNaN())
        || b instanceof Double y && (y.isInfinite() || y.isNaN())) {
      double x = Arith.toDouble(a);
      double y = Arith.toDouble(b);
      return x < y ? -1 : x > y ? 1 : 0;
    }
    return exact(a).compareTo(exact(b));
  }

  private static BigDecimal exact(Object v) {
    return v instanceof Double d ? new BigDecimal(d) : new BigDecimal(Arith.big(v));
  }

  /** A comparison operator of a template. */
  static boolean test(Env env, String op, Object a, Object b) {
    env.step();
    switch (op) {
      case "==":
        return equal(env, a, b);
      case "!=":
        return !equal(env, a, b);
      case "in":
        return contains(env, a, b);
      case "not in":
        return !contains(env, a, b);
      default:
        break;
    }
    if (a instanceof Double x && x.isNaN() && Types.isNumber(b)
        || b instanceof Double y && y.isNaN() && Types.isNumber(a)) {
      return false;
    }
    int c = compare(env, op, a, b);
    return switch (op) {
      case "<" -> c < 0;
      case "<=" -> c <= 0;
      case ">" -> c > 0;
      default -> c >= 0;
    };
  }

  /** {@code needle in container}. */
  static boolean contains(Env env, Object needle, Object container) {
    if (container instanceof String || container instanceof Markup) {
      if (!Types.isString(needle)) {
        throw Fault.type(
            "'in <string>' requires string as left operand, not " + Types.name(needle));
      }
      return Search.first(env, Str.of(env, container), Str.of(env, needle), 0) >= 0;
    }
    if (container instanceof Dict d) {
      return d.get(env, needle) != null;
    }
    if (container instanceof DictView v && v.kind() == DictView.Kind.KEYS) {
      return v.dict().get(env, needle) != null;
    }
    if (container instanceof Range r && needle instanceof Long n) {
      return r.size() > 0
          && Math.floorMod(n - r.start(), r.step()) == 0
          && (r.step() > 0 ? n >= r.start() && n < r.stop() : n <= r.start() && n > r.stop());
    }
    if (!Iteration.possible(container)) {
      throw Fault.type("argument of type '" + Types.name(container) + "' is not iterable");
    }
    Iterator<Object> items = Iteration.of(env, container);
    while (items.hasNext()) {
      env.step();
      if (same(env, needle, items.next(), 0)) {
        return true;
      }
    }
    return false;
  }

  /** Largest integer or float as a big integer, for {@code int()}. */
  static BigInteger truncate(double d) {
    return new BigDecimal(d).toBigInteger();
  }
}
