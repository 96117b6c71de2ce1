package dev.luthier.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All filters by name, and those on single values. */
final class Filters {
  /** A filter or test: the value on its left and the arguments in parentheses. */
  @FunctionalInterface
  interface Filter {
    Object apply(Env env, Object value, Args args);
  }

  private static final Map<String, Filter> TABLE = new HashMap<>();

  static {
    TABLE.put("abs", (e, v, a) -> abs(v));
    TABLE.put("attr", Filters::attr);
    TABLE.put("d", Filters::defaulted);
    TABLE.put("default", Filters::defaulted);
    TABLE.put("float", Filters::toFloat);
    TABLE.put("int", Filters::toInt);
    TABLE.put("round", Filters::round);
    TABLE.put("filesizeformat", Filters::fileSize);
    TABLE.put("tojson", Json::filter);
    TABLE.put("count", (e, v, a) -> Iteration.length(e, v));
    TABLE.put("length", (e, v, a) -> Iteration.length(e, v));
    TABLE.put("list", (e, v, a) -> Iteration.list(e, v));
    TextFilters.register(TABLE);
    SequenceFilters.register(TABLE);
    SelectFilters.register(TABLE);
  }

  private Filters() {}

  static boolean exists(String name) {
    return TABLE.containsKey(name);
  }

  static Filter find(String name) {
    Filter filter = TABLE.get(name);
    if (filter == null) {
      throw new Fault(Fault.Kind.SYNTAX, "No filter named " + Repr.quote(name) + " found");
    }
    return filter;
  }

  private static Object abs(Object v) {
    if (v instanceof Double d) {
      return Math.abs(d);
    }
    if (Types.isIndex(v)) {
      return Arith.normal(Arith.big(v).abs());
    }
    throw v instanceof Undefined u
        ? u.fault()
        : Fault.type("bad operand type for abs(): '" + Types.name(v) + "'");
  }

  private static Object attr(Env env, Object v, Args args) {
    String name = args.bind("attr", 1, "name").string(0, "");
    if (v instanceof Undefined u) {
      throw u.fault();
    }
    Object member = Access.member(env, v, name);
    return member == null ? Undefined.member(v, name) : member;
  }

  private static Object defaulted(Env env, Object v, Args args) {
    Args.Bound b = args.bind("default", 0, "default_value", "boolean");
    return v instanceof Undefined || b.truth(1, false) && !Truth.of(v) ? b.get(0, "") : v;
  }

  private static Object toFloat(Env env, Object v, Args args) {
    Object otherwise = args.bind("float", 0, "default").get(0, 0.0);
    if (v instanceof Undefined u) {
      throw u.fault();
    }
    if (Types.isNumber(v)) {
      return Arith.toDouble(v);
    }
    if (!Types.isString(v)) {
      return otherwise;
    }
    boolean[] valid = {false};
    String text = Str.of(env, v);
    env.steps(text.length());
    double d = Floats.parse(text, valid);
    return valid[0] ? (Object) d : otherwise;
  }

  private static Object toInt(Env env, Object v, Args args) {
    Args.Bound b = args.bind("int", 0, "default", "base");
    Object otherwise = b.get(0, 0L);
    if (v instanceof Undefined u) {
      throw u.fault();
    }
    if (Types.isIndex(v)) {
      return Arith.plus(v);
    }
    if (v instanceof Double d) {
      if (d.isInfinite()) {
        throw Fault.value("cannot convert float infinity to integer");
      }
      return d.isNaN() ? otherwise : Arith.normal(Order.truncate(d));
    }
    if (!Types.isString(v)) {
      return otherwise;
    }
    String text = Str.strip(Str.of(env, v), true, true);
    // reading a number takes the square of its length
    env.steps(text.length() + Math.min(1 << 20, (long) text.length() * text.length() >> 7));
    Object parsed = Integers.parse(text, (int) b.integer(1, 10));
    if (!(parsed instanceof None)) {
      return parsed;
    }
    boolean[] valid = {false};
    double d = Floats.parse(text, valid);
    return valid[0] && !Double.isNaN(d) && !Double.isInfinite(d)
        ? Arith.normal(Order.truncate(d))
        : otherwise;
  }

  private static Object round(Env env, Object v, Args args) {
    Args.Bound b = args.bind("round", 0, "precision", "method");
    long digits = Math.max(-1000, Math.min(1000, b.integer(0, 0)));
    String method = b.string(1, "common");
    if (!List.of("common", "ceil", "floor").contains(method)) {
      throw Fault.value("method must be common, ceil or floor");
    }
    if (!Types.isNumber(v)) {
      throw v instanceof Undefined u
          ? Fault.type(
              "type Undefined doesn't define __round__ method (" + u.fault().getMessage() + ")")
          : Fault.type("type " + Types.name(v) + " doesn't define __round__ method");
    }
    if (method.equals("common")) {
      return v instanceof Double d
          ? (Object) Floats.round(d, (int) digits)
          : Arith.normal(
              new BigDecimal(Arith.big(v))
                  .setScale((int) Math.min(0, digits), RoundingMode.HALF_EVEN)
                  .toBigInteger());
    }
    Object scale = Arith.apply(env, "**", 10L, digits);
    Object scaled = Arith.apply(env, "*", v, scale);
    Object whole = scaled;
    if (scaled instanceof Double d) {
      if (d.isNaN() || d.isInfinite()) {
        throw Fault.value("cannot convert float " + Floats.repr(d) + " to integer");
      }
      whole = Arith.normal(Order.truncate(method.equals("ceil") ? Math.ceil(d) : Math.floor(d)));
    }
    return Arith.apply(env, "/", whole, scale);
  }

  private static Object fileSize(Env env, Object v, Args args) {
    boolean binary = args.bind("filesizeformat", 0, "binary").truth(0, false);
    double bytes = Arith.toDouble(toFloat(env, v, Args.NONE));
    double base = binary ? 1024 : 1000;
    if (bytes == 1) {
      return "1 Byte";
    }
    if (bytes < base) {
      return (long) bytes + " Bytes";
    }
    double unit = base;
    String prefixes = binary ? "KMGTPEZY" : "kMGTPEZY";
    int i = 0;
    while (i < 7 && bytes >= unit * base) {
      unit *= base;
      i++;
    }
    return Floats.format(bytes / unit, 'f', 1, false)
        + " "
        + prefixes.charAt(i)
        + (binary ? "iB" : "B");
  }
}
