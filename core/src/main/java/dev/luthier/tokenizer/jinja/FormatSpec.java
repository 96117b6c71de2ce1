package dev.luthier.tokenizer.jinja;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Python's format specification: {@code [[fill]align][sign][#][0][width][,_][.precision][type]}.
 */
final class FormatSpec {
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,9})?([,_])?(?:\\.(\\d{1,9}))?(\\D)?",
          Pattern.DOTALL);

  private final Env env;
  private final String fill;
  private final char align;
  private final char sign;
  private final boolean alternate;
  private final boolean zero;
  private final long width;
  private final char grouping;
  private final int precision;
  private final char type;

  private FormatSpec(Env env, String spec, Object value) {
    Matcher m = SYNTAX.matcher(spec);
    if (!m.matches()) {
      throw Fault.value(
          "Invalid format specifier "
              + Repr.quote(spec)
              + " for object of type '"
              + Types.name(value)
              + "'");
    }
    this.env = env;
    this.zero = m.group(5) != null;
    this.fill = or(m.group(1), zero && m.group(2) == null ? "0" : " ");
    this.align = or(m.group(2), zero ? "=" : "?").charAt(0);
    this.sign = or(m.group(3), "-").charAt(0);
    this.alternate = m.group(4) != null;
    this.width = Long.parseLong(or(m.group(6), "0"));
    this.grouping = or(m.group(7), "\0").charAt(0);
    String digits = m.group(8);
    this.precision = digits == null ? -1 : NumberFormat.precision(Long.parseLong(digits));
    this.type = or(m.group(9), "\0").charAt(0);
  }

  private static String or(@Nullable String s, String otherwise) {
    return s == null ? otherwise : s;
  }

  static String apply(Env env, Object value, String spec) {
    if (spec.isEmpty()) {
      return Str.of(env, value);
    }
    FormatSpec f = new FormatSpec(env, spec, value);
    if (Types.isString(value) || value instanceof Undefined) {
      return f.string(Str.of(env, value));
    }
    if (value instanceof Double d) {
      return f.real(d);
    }
    if (value instanceof Boolean && f.type == 0) {
      return f.integer(value);
    }
    if (Types.isIndex(value)) {
      return "eEfFgG%".indexOf(f.type) >= 0 ? f.real(Arith.toDouble(value)) : f.integer(value);
    }
    throw Fault.type("unsupported format string passed to " + Types.name(value) + ".__format__");
  }

  private Fault unknownType(String typeName) {
    return Fault.value("Unknown format code '" + type + "' for object of type '" + typeName + "'");
  }

  private String string(String s) {
    if (type != 0 && type != 's') {
      throw unknownType("str");
    }
    if (align == '=') {
      if (!zero) {
        throw Fault.value("'=' alignment not allowed in string format specifier");
      }
    }
    String text = precision >= 0 && precision < Str.length(s) ? Str.substring(s, 0, precision) : s;
    return pad("", text, '<');
  }

  private String integer(Object n) {
    if (precision >= 0) {
      throw Fault.value("Precision not allowed in integer format specifier");
    }
    if (type == 'c') {
      return pad("", Character.toString((int) Arith.toLong(n)), '<');
    }
    if (type != 0 && "bdnoxX".indexOf(type) < 0) {
      throw unknownType("int");
    }
    env.steps(Arith.big(n).bitLength() >> 1);
    String digits = NumberFormat.digits(n, type);
    if (grouping != 0) {
      digits =
          NumberFormat.grouped(digits, grouping, "box".indexOf(type) >= 0 && type != 0 ? 4 : 3);
    }
    String head = NumberFormat.sign(Arith.big(n).signum() < 0, sign);
    return pad(head + (alternate ? NumberFormat.prefix(type) : ""), digits, '>');
  }

  private String real(double d) {
    env.steps(Repr.FLOAT_STEPS);
    String head = NumberFormat.sign(d < 0 || 1 / d < 0, sign);
    String text;
    if (type == 0 && precision < 0) {
      String repr = Floats.repr(d);
      text = repr.startsWith("-") ? repr.substring(1) : repr;
    } else if (type == 0) {
      text = untyped(d);
    } else if ("eEfFgGn%".indexOf(type) >= 0) {
      text = Floats.format(d, type == 'n' ? 'g' : type, precision < 0 ? 6 : precision, alternate);
    } else {
      throw unknownType("float");
    }
    return pad(head, grouping == 0 ? text : NumberFormat.grouped(text, grouping, 3), '>');
  }

  /** Like g, but with a digit after the point. */
  private String untyped(double d) {
    String text = Floats.format(d, 'g', precision, alternate);
    boolean finite = !Double.isNaN(d) && !Double.isInfinite(d);
    if (finite && text.indexOf('.') < 0 && text.indexOf('e') < 0) {
      return text.length() < Math.max(precision, 1)
          ? text + ".0"
          : Floats.format(d, 'e', Math.max(precision, 1) - 1, alternate).replaceAll("\\.?0*e", "e");
    }
    return text;
  }

  private String pad(String head, String text, char natural) {
    char how = align == '?' ? natural : align;
    long missing = width - Str.length(head) - Str.length(text);
    if (missing <= 0) {
      return head + text;
    }
    return switch (how) {
      case '<' -> head + text + Str.repeat(env, fill, missing);
      case '^' ->
          Str.repeat(env, fill, missing / 2)
              + head
              + text
              + Str.repeat(env, fill, missing - missing / 2);
      case '=' ->
          natural == '<'
              ? text + Str.repeat(env, fill, missing)
              : head + Str.repeat(env, fill, missing) + text;
      default -> Str.repeat(env, fill, missing) + head + text;
    };
  }
}
