package dev.luthier.tokenizer.jinja;

/** The escapes of string literals: Python's {@code unicode-escape} codec over ASCII text. */
final class StringLiterals {
  private StringLiterals() {}

  static String unescape(String raw) {
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    return decode(escapeNonAscii(raw));
  }

  /**
   * Python encodes to ASCII with backslash escapes first. It shows where a backslash stands before
   * a non-ASCII character: both come back as text.
   */
  private static String escapeNonAscii(String raw) {
    StringBuilder out = new StringBuilder();
    raw.codePoints()
        .forEach(
            c -> {
              if (c < 128) {
                out.append((char) c);
              } else if (c < 256) {
                out.append(String.format("\\x%02x", c));
              } else if (c < 0x10000) {
                out.append(String.format("\\u%04x", c));
              } else {
                out.append(String.format("\\U%08x", c));
              }
            });
    return out.toString();
  }

  private static String decode(String s) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < s.length()) {
      char c = s.charAt(i);
      if (c != '\\') {
        out.append(c);
        i++;
      } else {
        i = escape(s, i + 1, out);
      }
    }
    return out.toString();
  }

  private static int escape(String s, int at, StringBuilder out) {
    if (at >= s.length()) {
      throw new Fault(Fault.Kind.SYNTAX, "\\ at end of string");
    }
    char c = s.charAt(at);
    int simple = "\\'\"abfnrtv".indexOf(c);
    if (simple >= 0) {
      out.append("\\'\"\u0007\b\f\n\r\t\u000b".charAt(simple));
      return at + 1;
    }
    return switch (c) {
      case '\n' -> at + 1;
      case 'x' -> hex(s, at + 1, 2, out);
      case 'u' -> hex(s, at + 1, 4, out);
      case 'U' -> hex(s, at + 1, 8, out);
      case 'N' -> named(s, at + 1, out);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(s, at, out);
      default -> {
        out.append('\\').append(c);
        yield at + 1;
      }
    };
  }

  private static int hex(String s, int from, int digits, StringBuilder out) {
    int value = 0;
    for (int i = from; i < from + digits; i++) {
      int d = i < s.length() ? Character.digit(s.charAt(i), 16) : -1;
      if (d < 0 || value > 0x10ffff) {
        throw new Fault(Fault.Kind.SYNTAX, "truncated \\x, \\u or \\U escape in a string");
      }
      value = value << 4 | d;
    }
    if (value < 0 || value > Character.MAX_CODE_POINT) {
      throw new Fault(Fault.Kind.SYNTAX, "illegal Unicode character in a string escape");
    }
    out.appendCodePoint(value);
    return from + digits;
  }

  private static int octal(String s, int from, StringBuilder out) {
    int value = 0;
    int i = from;
    while (i < s.length() && i < from + 3 && s.charAt(i) >= '0' && s.charAt(i) <= '7') {
      value = value * 8 + s.charAt(i++) - '0';
    }
    out.append((char) value);
    return i;
  }

  private static int named(String s, int from, StringBuilder out) {
    int end = s.indexOf('}', from);
    if (from < s.length() && s.charAt(from) == '{' && end > 0) {
      try {
        out.appendCodePoint(Character.codePointOf(s.substring(from + 1, end)));
        return end + 1;
      } catch (IllegalArgumentException e) {
        throw new Fault(Fault.Kind.SYNTAX, "unknown Unicode character name in a string escape");
      }
    }
    throw new Fault(Fault.Kind.SYNTAX, "malformed \\N character escape in a string");
  }
}
