package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Python's strings over Java's: counted in code points, white space as Unicode has it. */
final class Str {
  private static final String[] ASCII = new String[128];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = Character.toString(c);
    }
  }

  private Str() {}

  /** What {@code str(value)} returns. */
  static String of(Env env, Object value) {
    if (value instanceof String s) {
      return s;
    }
    if (value instanceof Markup m) {
      return m.text();
    }
    return value instanceof Undefined ? "" : Repr.of(env, value);
  }

  /** The text of a value that must be a string. */
  static String require(Object value, String what) {
    if (value instanceof String s) {
      return s;
    }
    if (value instanceof Markup m) {
      return m.text();
    }
    if (value instanceof Undefined u) {
      throw u.fault();
    }
    throw Fault.type(what + " must be str, not " + Types.name(value));
  }

  /** The result of a string operation: marked if the operand was. */
  static Object like(Object original, String result) {
    return original instanceof Markup ? new Markup(result) : result;
  }

  static boolean isSpace(int c) {
    return c == ' '
        || c >= 9 && c <= 13
        || c >= 0x1c && c <= 0x1f
        || c == 0x85
        || c == 0xa0
        || c >= 0x1680 && (Character.isSpaceChar(c));
  }

  /** Whether there is something and all of it is white space. */
  static boolean isSpace(String s) {
    return !s.isEmpty() && s.chars().allMatch(Str::isSpace);
  }

  static int length(String s) {
    return s.codePointCount(0, s.length());
  }

  /** Whether positions in Java's and in Python's string are the same. */
  private static boolean plain(String s) {
    for (int i = 0; i < s.length(); i++) {
      if (Character.isSurrogate(s.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Java's position of a Python position between 0 and the length. */
  static int position(String s, int codePoints) {
    return s.offsetByCodePoints(0, codePoints);
  }

  static String charAt(String s, int index) {
    if (index < s.length() && plain(s)) {
      return String.valueOf(s.charAt(index));
    }
    return Character.toString(s.codePointAt(position(s, index)));
  }

  static String substring(String s, int from, int to) {
    return s.substring(position(s, from), position(s, to));
  }

  /** The characters one by one. */
  static Iterator<Object> characters(String s) {
    return new Iterator<>() {
      private int pos;

      @Override
      public boolean hasNext() {
        return pos < s.length();
      }

      @Override
      public Object next() {
        int c = s.codePointAt(pos);
        pos += Character.charCount(c);
        return c < 128 ? ASCII[c] : Character.toString(c);
      }
    };
  }

  static String reverse(String s) {
    return new StringBuilder(s).reverse().toString();
  }

  static String strip(String s, boolean left, boolean right) {
    int from = 0;
    int to = s.length();
    while (left && from < to && isSpace(s.charAt(from))) {
      from++;
    }
    while (right && to > from && isSpace(s.charAt(to - 1))) {
      to--;
    }
    return s.substring(from, to);
  }

  /** Strips any of the given characters. */
  static String strip(Env env, String s, String chars, boolean left, boolean right) {
    int from = 0;
    int to = s.length();
    while (left && from < to && chars.indexOf(s.codePointAt(from)) >= 0) {
      env.steps(chars.length() >> 4);
      from += Character.charCount(s.codePointAt(from));
    }
    while (right && to > from && chars.indexOf(s.codePointBefore(to)) >= 0) {
      env.steps(chars.length() >> 4);
      to -= Character.charCount(s.codePointBefore(to));
    }
    return s.substring(from, to);
  }

  /** {@code splitlines}: at all of Python's line ends. */
  static List<Object> lines(Env env, String s, boolean keepEnds) {
    env.object(1);
    env.allocate(s.length());
    List<Object> result = new ArrayList<>();
    int start = 0;
    int i = 0;
    while (i < s.length()) {
      char c = s.charAt(i++);
      if (isLineEnd(c)) {
        int end = i - 1;
        if (c == '\r' && i < s.length() && s.charAt(i) == '\n') {
          i++;
        }
        env.element();
        result.add(s.substring(start, keepEnds ? i : end));
        start = i;
      }
    }
    if (start < s.length()) {
      result.add(s.substring(start));
    }
    return result;
  }

  private static boolean isLineEnd(char c) {
    return c >= 10 && c <= 13 || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
  }

  /** By code points, as Python orders strings. */
  static int compare(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean sx = Character.isSurrogate(x);
        return sx == Character.isSurrogate(y) ? Character.compare(x, y) : sx ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  static String repeat(Env env, String s, long times) {
    if (times <= 0 || s.isEmpty()) {
      return "";
    }
    env.allocate(Arith.product(s.length(), times));
    return s.repeat((int) times);
  }

  /** {@code replace} with a limit on the number of replacements, or -1. */
  static String replace(Env env, String s, String old, String with, long count) {
    if (count == 0) {
      return s;
    }
    long limit = count < 0 ? Long.MAX_VALUE : count;
    if (old.isEmpty()) {
      return spread(env, s, with, limit);
    }
    StringBuilder out = new StringBuilder();
    int from = 0;
    long n = 0;
    for (int at = Search.first(env, s, old, 0);
        at >= 0 && n < limit;
        at = Search.first(env, s, old, from)) {
      out.append(s, from, at);
      env.allocate(at - from + (long) with.length());
      env.fits(out.length() + (long) with.length());
      out.append(with);
      from = at + old.length();
      n++;
    }
    if (n == 0) {
      return s;
    }
    env.allocate(s.length() - from);
    return out.append(s, from, s.length()).toString();
  }

  private static String spread(Env env, String s, String with, long limit) {
    long n = Math.min(limit, length(s) + 1L);
    env.allocate(s.length() + Arith.product(with.length(), n));
    StringBuilder out = new StringBuilder();
    int i = 0;
    for (long k = 0; k < n; k++) {
      out.append(with);
      if (i < s.length()) {
        int c = s.codePointAt(i);
        out.appendCodePoint(c);
        i += Character.charCount(c);
      }
    }
    return out.append(s, i, s.length()).toString();
  }
}
