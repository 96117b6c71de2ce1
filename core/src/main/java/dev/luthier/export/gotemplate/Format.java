package dev.luthier.export.gotemplate;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Values as Go's {@code fmt} prints them. */
final class Format {
  private static final String FLAGS = "+-# 0";

  private Format() {}

  /** As an action prints it. */
  static String text(@Nullable Object value) {
    return value == null ? "<no value>" : inner(value);
  }

  /** As {@code %v} prints it. */
  static String inner(@Nullable Object value) {
    if (value == null) {
      return "<nil>";
    }
    if (value instanceof Double number) {
      return number(number);
    }
    if (value instanceof GoStruct struct) {
      if (struct.prints()) {
        return struct.json();
      }
      return struct.items() == null
          ? "{" + joined(List.copyOf(struct.fields().values())) + "}"
          : "[" + joined(struct.items()) + "]";
    }
    if (value instanceof List<?> list) {
      return "[" + joined(list) + "]";
    }
    if (value instanceof Map<?, ?> map) {
      return Values.sorted(map).entrySet().stream()
          .map(e -> e.getKey() + ":" + inner(e.getValue()))
          .collect(Collectors.joining(" ", "map[", "]"));
    }
    return value.toString();
  }

  private static String joined(List<?> items) {
    return items.stream().map(Format::inner).collect(Collectors.joining(" "));
  }

  /** The shortest digits that read back, with an exponent below 1e-4 and from 1e6 on. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = exact.precision() - exact.scale() - 1;
    if (exponent >= -4 && exponent < 6) {
      return exact.toPlainString();
    }
    String digits = exact.unscaledValue().abs().toString();
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /** {@code printf} with the verbs v, s, d, q, t, x, X, c, f, e, g and %. */
  static String printf(String format, List<@Nullable Object> arguments) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      int end = i + 1;
      while (end < format.length() && (FLAGS + "123456789.").indexOf(format.charAt(end)) >= 0) {
        end++;
      }
      if (end == format.length()) {
        return out.append("%!(NOVERB)").toString();
      }
      char verb = format.charAt(end);
      String options = format.substring(i + 1, end);
      i = end;
      if (verb == '%') {
        out.append('%');
      } else if (next == arguments.size()) {
        out.append("%!").append(verb).append("(MISSING)");
      } else {
        out.append(one(verb, options, arguments.get(next++)));
      }
    }
    if (next < arguments.size()) {
      String extra =
          arguments.subList(next, arguments.size()).stream()
              .map(a -> (a == null ? "<nil>" : Values.type(a) + "=" + inner(a)))
              .collect(Collectors.joining(", "));
      out.append("%!(EXTRA ").append(extra).append(')');
    }
    return out.toString();
  }

  private static String one(char verb, String options, @Nullable Object value) {
    int dot = options.indexOf('.');
    String before = dot < 0 ? options : options.substring(0, dot);
    int precision =
        dot < 0
            ? -1
            : dot + 1 == options.length() ? 0 : Integer.parseInt(options.substring(dot + 1));
    int flags = 0;
    while (flags < before.length() && FLAGS.indexOf(before.charAt(flags)) >= 0) {
      flags++;
    }
    String on = before.substring(0, flags);
    int width = flags == before.length() ? 0 : Integer.parseInt(before.substring(flags));
    String text = verb(verb, on, precision, value);
    String fill = " ".repeat(Math.max(0, width - length(text)));
    if (on.contains("-")) {
      return text + fill;
    }
    if (!on.contains("0")) {
      return fill + text;
    }
    boolean signed = text.startsWith("-") || text.startsWith("+");
    return signed
        ? text.charAt(0) + fill.replace(' ', '0') + text.substring(1)
        : fill.replace(' ', '0') + text;
  }

  private static String verb(char verb, String flags, int precision, @Nullable Object value) {
    if (verb == 'v') {
      return inner(value);
    }
    boolean number = value instanceof Long || value instanceof Double;
    if (verb == 's' && !number && !(value instanceof Boolean) && value != null) {
      return cut(inner(value), precision);
    }
    if (verb == 'q' && value instanceof String s) {
      return quoted(cut(s, precision));
    }
    if (verb == 't' && value instanceof Boolean) {
      return inner(value);
    }
    if (value instanceof Long n) {
      String sign = flags.contains("+") && n >= 0 ? "+" : "";
      switch (verb) {
        case 'd':
          return sign + n;
        case 'x':
          return Long.toHexString(n);
        case 'X':
          return Long.toHexString(n).toUpperCase(Locale.ROOT);
        case 'c':
          return Bytes.of(Character.toString(n.intValue()));
        default:
          break;
      }
    }
    if (value instanceof Double d && "feg".indexOf(verb) >= 0) {
      String sign = flags.contains("+") && d >= 0 ? "+" : "";
      return sign
          + (verb == 'g' && precision < 0
              ? number(d)
              : String.format(Locale.ROOT, "%." + (precision < 0 ? 6 : precision) + verb, d));
    }
    if ((verb == 'x' || verb == 'X') && value instanceof String s) {
      StringBuilder hex = new StringBuilder();
      s.chars().forEach(b -> hex.append(String.format(Locale.ROOT, "%02" + verb, b)));
      return hex.toString();
    }
    return "%!"
        + verb
        + "("
        + (value == null ? "<nil>" : Values.type(value) + "=" + inner(value))
        + ")";
  }

  private static String cut(String bytes, int precision) {
    String text = Bytes.text(bytes);
    return precision < 0 || text.codePointCount(0, text.length()) <= precision
        ? bytes
        : Bytes.of(text.substring(0, text.offsetByCodePoints(0, precision)));
  }

  private static int length(String bytes) {
    String text = Bytes.text(bytes);
    return text.codePointCount(0, text.length());
  }

  /** As {@code strconv.Quote}: what can be printed stands for itself. */
  private static String quoted(String bytes) {
    StringBuilder out = new StringBuilder("\"");
    Bytes.text(bytes)
        .codePoints()
        .forEach(
            c -> {
              String escaped = Literals.quoted(Character.toString(c));
              boolean printable =
                  c > 127
                      && Character.isDefined(c)
                      && !Character.isISOControl(c)
                      && !Character.isWhitespace(c)
                      && !Character.isSpaceChar(c);
              if (c < ' ' && escaped.startsWith("\"\\u")) {
                out.append(String.format(Locale.ROOT, "\\x%02x", c));
              } else {
                out.append(
                    printable
                        ? Bytes.of(Character.toString(c))
                        : escaped.substring(1, escaped.length() - 1));
              }
            });
    return out.append('"').toString();
  }
}
