package dev.luthier.export.gotemplate;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Go's constants in source. */
final class Literals {
  private static final String ESCAPES = "abfnrtv\\'\"";
  private static final String ESCAPED = "\u0007\b\f\n\r\t\u000b\\'\"";

  private Literals() {}

  /** Where the quoted constant that starts here ends; -1 if it does not. */
  static int end(String source, int start) {
    char quote = source.charAt(start);
    for (int i = start + 1; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == quote) {
        return i + 1;
      }
      if (quote != '`' && c == '\n') {
        return -1;
      }
      if (quote != '`' && c == '\\') {
        i++;
      }
    }
    return -1;
  }

  /**
   * A quoted constant's value, in bytes.
   *
   * @throws IllegalArgumentException if an escape is none of Go's
   */
  static String value(String quoted) {
    String inner = quoted.substring(1, quoted.length() - 1);
    if (quoted.charAt(0) == '`') {
      return inner.replace("\r", "");
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < inner.length(); i++) {
      if (inner.charAt(i) == '\\') {
        i = escape(inner, i + 1, out);
      } else {
        out.append(inner.charAt(i));
      }
    }
    return out.toString();
  }

  /** Appends what the escape stands for; returns its last position. */
  private static int escape(String s, int at, StringBuilder out) {
    char kind = s.charAt(at);
    int simple = ESCAPES.indexOf(kind);
    if (simple >= 0) {
      out.append(ESCAPED.charAt(simple));
      return at;
    }
    int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 3;
    int from = kind >= '0' && kind <= '7' ? at : at + 1;
    if (from == at + 1 && "xuU".indexOf(kind) < 0 || from + digits > s.length()) {
      throw new IllegalArgumentException("invalid escape \\" + kind);
    }
    int value = Integer.parseInt(s.substring(from, from + digits), from == at ? 8 : 16);
    if (kind == 'u' || kind == 'U') {
      out.append(Bytes.of(Character.toString(value)));
    } else {
      out.append((char) (value & 0xff));
    }
    return from + digits - 1;
  }

  /** A character constant's code point. */
  static long codePoint(String bytes) {
    return Bytes.text(bytes).codePointAt(0);
  }

  /**
   * A number: Long, or Double where it has a point or an exponent.
   *
   * @throws NumberFormatException if it is none
   */
  static Object number(String text) {
    String plain = text.replace("_", "");
    boolean minus = plain.startsWith("-");
    String digits = minus || plain.startsWith("+") ? plain.substring(1) : plain;
    String lower = digits.toLowerCase(Locale.ROOT);
    int radix =
        lower.startsWith("0x") ? 16 : lower.startsWith("0o") ? 8 : lower.startsWith("0b") ? 2 : 0;
    if (radix > 0) {
      return Long.parseLong((minus ? "-" : "") + digits.substring(2), radix);
    }
    if (lower.contains(".") || lower.contains("e")) {
      return Double.parseDouble(plain);
    }
    boolean octal = digits.length() > 1 && digits.startsWith("0");
    return Long.parseLong((minus ? "-" : "") + digits, octal ? 8 : 10);
  }

  /** A text as a Go string constant: {@code "a\n\u00a0"}; only printable ASCII stands unescaped. */
  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              int simple = ESCAPED.indexOf(c);
              if (simple >= 0 && c != '\'') {
                out.append('\\').append(ESCAPES.charAt(simple));
              } else if (c >= ' ' && c < 127) {
                out.append((char) c);
              } else if (c < 0x10000) {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
              } else {
                out.append(String.format(Locale.ROOT, "\\U%08x", c));
              }
            });
    return out.append('"').toString();
  }

  static byte[] utf8(String bytes) {
    return bytes.getBytes(StandardCharsets.ISO_8859_1);
  }
}
