package dev.luthier.tokenizer.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code "..." % values}. */
final class Percent {
  private final Env env;
  private final String format;
  private final Object values;
  private final List<Object> positional;
  private final boolean markup;
  private final StringBuilder out = new StringBuilder();
  private int pos;
  private int used;
  private boolean byName;

  private Percent(Env env, String format, Object values, boolean markup) {
    this.env = env;
    this.format = format;
    this.values = values;
    this.positional = values instanceof Tuple t ? t.items() : List.of(values);
    this.markup = markup;
  }

  static Object format(Env env, Object format, Object values) {
    Percent p = new Percent(env, Str.of(env, format), values, format instanceof Markup);
    return Str.like(format, p.run());
  }

  private String run() {
    while (pos < format.length()) {
      int at = format.indexOf('%', pos);
      out.append(format, pos, at < 0 ? format.length() : at);
      if (at < 0) {
        break;
      }
      pos = at + 1;
      env.step();
      directive();
      env.fits(out.length());
    }
    boolean mapping =
        values instanceof Dict
            || values instanceof List
            || values instanceof Range
            || values instanceof Undefined;
    if (!byName && used < positional.size() && !mapping) {
      throw Fault.type("not all arguments converted during string formatting");
    }
    return env.allocated(out.toString());
  }

  private char next() {
    if (pos >= format.length()) {
      throw Fault.value("incomplete format");
    }
    return format.charAt(pos++);
  }

  private Object argument() {
    if (used >= positional.size()) {
      throw Fault.type("not enough arguments for format string");
    }
    return positional.get(used++);
  }

  private void directive() {
    Object named = null;
    char c = next();
    if (c == '(') {
      int end = format.indexOf(')', pos);
      if (end < 0) {
        throw Fault.value("incomplete format key");
      }
      named = named(format.substring(pos, end));
      pos = end + 1;
      c = next();
    }
    StringBuilder flags = new StringBuilder();
    while ("#0- +".indexOf(c) >= 0) {
      flags.append(c);
      c = next();
    }
    pos--;
    long width = number();
    if (width < 0) {
      flags.append('-');
      width = -width;
    }
    long precision = -1;
    if (next() == '.') {
      precision = Math.max(0, number());
    } else {
      pos--;
    }
    c = next();
    while (c == 'l' || c == 'h' || c == 'L') {
      c = next();
    }
    if (c == '%') {
      out.append('%');
    } else {
      convert(c, flags.toString(), width, precision, named == null ? argument() : named);
    }
  }

  private Object named(String key) {
    byName = true;
    if (!(values instanceof Dict d)) {
      throw Fault.type("format requires a mapping");
    }
    @Nullable Object value = d.getString(key);
    if (value == null) {
      throw Fault.value("KeyError: " + Repr.quote(key));
    }
    return value;
  }

  private long number() {
    if (next() == '*') {
      return Arith.toLong(argument());
    }
    pos--;
    long n = 0;
    while (pos < format.length() && format.charAt(pos) >= '0' && format.charAt(pos) <= '9') {
      n = Math.min(Integer.MAX_VALUE, n * 10 + format.charAt(pos++) - '0');
    }
    return n;
  }

  private void convert(char type, String flags, long width, long precision, Object v) {
    String sign = "";
    String text;
    switch (type) {
      case 's', 'r', 'a' -> {
        text = text(type, v);
        if (precision >= 0 && precision < Str.length(text)) {
          text = Str.substring(text, 0, (int) precision);
        }
      }
      case 'c' -> text = character(v);
      case 'd', 'i', 'u', 'x', 'X', 'o' -> {
        Object n = integer(type, v);
        env.steps(Arith.big(n).bitLength() >> 1);
        sign = sign(flags, Arith.big(n).signum() < 0);
        text = NumberFormat.digits(n, type);
        int minimum = NumberFormat.precision(Math.max(0, precision));
        text = "0".repeat(Math.max(0, minimum - text.length())) + text;
        sign += flags.indexOf('#') >= 0 ? NumberFormat.prefix(type) : "";
      }
      case 'e', 'E', 'f', 'F', 'g', 'G' -> {
        env.steps(Repr.FLOAT_STEPS);
        double d = real(v);
        sign = sign(flags, d < 0 || 1 / d < 0);
        int digits = precision < 0 ? 6 : NumberFormat.precision(precision);
        text = Floats.format(d, type, digits, flags.indexOf('#') >= 0);
      }
      default ->
          throw Fault.value("unsupported format character '" + type + "' at index " + (pos - 1));
    }
    pad(sign, text, flags, width, "sracd".indexOf(type) < 0 || type == 'd');
  }

  private String text(char type, Object v) {
    if (type != 's') {
      String repr = Repr.of(env, v);
      return type == 'a' ? Repr.ascii(repr) : repr;
    }
    return markup ? Markup.escaped(env, v) : Str.of(env, v);
  }

  private static String sign(String flags, boolean negative) {
    return NumberFormat.sign(
        negative, flags.indexOf('+') >= 0 ? '+' : flags.indexOf(' ') >= 0 ? ' ' : '-');
  }

  private static Object integer(char type, Object v) {
    if (Types.isIndex(v)) {
      return v;
    }
    if (v instanceof Double d && "diu".indexOf(type) >= 0 && !d.isNaN() && !d.isInfinite()) {
      return Order.truncate(d);
    }
    if (v instanceof Undefined u) {
      throw u.fault();
    }
    throw Fault.type("%" + type + " format: a real number is required, not " + Types.name(v));
  }

  private static double real(Object v) {
    if (Types.isNumber(v)) {
      return Arith.toDouble(v);
    }
    throw v instanceof Undefined u
        ? u.fault()
        : Fault.type("must be real number, not " + Types.name(v));
  }

  private String character(Object v) {
    if (v instanceof Long n && n >= 0 && n <= Character.MAX_CODE_POINT) {
      return Character.toString(n.intValue());
    }
    if (Types.isString(v) && Str.length(Str.of(env, v)) == 1) {
      return Str.of(env, v);
    }
    throw Fault.type("%c requires int or char");
  }

  private void pad(String sign, String text, String flags, long width, boolean number) {
    long missing = width - sign.length() - Str.length(text);
    if (flags.indexOf('-') >= 0) {
      out.append(sign).append(text).append(Str.repeat(env, " ", missing));
    } else if (number && flags.indexOf('0') >= 0) {
      out.append(sign).append(Str.repeat(env, "0", missing)).append(text);
    } else {
      out.append(Str.repeat(env, " ", missing)).append(sign).append(text);
    }
  }
}
