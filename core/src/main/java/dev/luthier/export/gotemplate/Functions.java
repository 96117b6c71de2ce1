package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The functions that every template has, but for {@code call}. */
final class Functions {
  private Functions() {}

  static Map<String, GoFunction> predefined() {
    Map<String, GoFunction> all = new LinkedHashMap<>();
    // Their arguments are evaluated one by one, see Command.
    all.put("and", args -> null);
    all.put("or", args -> null);
    all.put("not", args -> !Values.truth(only(args)));
    all.put("eq", Functions::equal);
    all.put("ne", args -> !equal(two(args)));
    all.put("lt", args -> less(two(args)));
    all.put("le", args -> less(two(args)) || equal(args));
    all.put("gt", args -> !less(two(args)) && !equal(args));
    all.put("ge", args -> !less(two(args)));
    all.put("len", args -> length(only(args)));
    all.put("index", Functions::index);
    all.put("slice", Functions::slice);
    all.put("print", args -> print(args, false));
    all.put("println", args -> print(args, true));
    all.put("printf", Functions::printf);
    all.put("html", args -> html(joined(args)));
    all.put("js", args -> js(joined(args)));
    all.put("urlquery", args -> urlQuery(joined(args)));
    return all;
  }

  private static List<@Nullable Object> two(List<@Nullable Object> args) {
    if (args.size() != 2) {
      throw new IllegalArgumentException("wrong number of args: want 2 got " + args.size());
    }
    return args;
  }

  private static @Nullable Object only(List<@Nullable Object> args) {
    if (args.size() != 1) {
      throw new IllegalArgumentException("wrong number of args: want 1 got " + args.size());
    }
    return args.get(0);
  }

  /** Whether the first equals any of the others. */
  private static boolean equal(List<@Nullable Object> args) {
    if (args.size() < 2) {
      throw new IllegalArgumentException("missing argument for comparison");
    }
    Object first = comparable(args.get(0));
    for (Object other : args.subList(1, args.size())) {
      if (first != null && other != null && !Values.type(first).equals(Values.type(other))) {
        throw new IllegalArgumentException("incompatible types for comparison");
      }
      if (Objects.equals(first, comparable(other))) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable Object comparable(@Nullable Object value) {
    if (Values.list(value) != null || value instanceof Map<?, ?>) {
      throw new IllegalArgumentException("uncomparable type " + Values.type(value));
    }
    return value;
  }

  private static boolean less(List<@Nullable Object> args) {
    Object a = args.get(0);
    Object b = args.get(1);
    if (a instanceof String x && b instanceof String y) {
      return x.compareTo(y) < 0;
    }
    if (a instanceof Long x && b instanceof Long y) {
      return x < y;
    }
    if (a instanceof Double x && b instanceof Double y) {
      return x < y;
    }
    boolean basic = isBasic(a) && isBasic(b);
    throw new IllegalArgumentException(
        basic ? "incompatible types for comparison" : "invalid type for comparison");
  }

  private static boolean isBasic(@Nullable Object value) {
    return value instanceof String || value instanceof Long || value instanceof Double;
  }

  private static long length(@Nullable Object value) {
    int size = Values.size(value);
    if (size < 0) {
      throw new IllegalArgumentException("len of type " + Values.type(value));
    }
    return size;
  }

  private static @Nullable Object index(List<@Nullable Object> args) {
    if (args.isEmpty()) {
      throw new IllegalArgumentException("wrong number of args: want at least 1 got 0");
    }
    Object value = args.get(0);
    for (Object key : args.subList(1, args.size())) {
      List<?> list = Values.list(value);
      if (list != null) {
        value = list.get(position(key, list.size() - 1));
      } else if (value instanceof String s) {
        value = (long) s.charAt(position(key, s.length() - 1));
      } else if (value instanceof Map<?, ?> map) {
        value = map.get(key);
      } else {
        throw new IllegalArgumentException(
            value == null
                ? "index of untyped nil"
                : "can't index item of type " + Values.type(value));
      }
    }
    return value;
  }

  private static int position(@Nullable Object index, int most) {
    if (!(index instanceof Long n)) {
      throw new IllegalArgumentException(
          "cannot index slice/array with type " + Values.type(index));
    }
    if (n < 0 || n > most) {
      throw new IllegalArgumentException("index out of range: " + n);
    }
    return n.intValue();
  }

  private static @Nullable Object slice(List<@Nullable Object> args) {
    Object value = args.isEmpty() ? null : args.get(0);
    if (args.size() > (value instanceof String ? 3 : 4)) {
      throw new IllegalArgumentException("too many slice indexes: " + (args.size() - 1));
    }
    int size = Values.size(value);
    if (size < 0 || value instanceof Map<?, ?>) {
      throw new IllegalArgumentException("can't slice item of type " + Values.type(value));
    }
    int from = args.size() > 1 ? position(args.get(1), size) : 0;
    int to = args.size() > 2 ? position(args.get(2), size) : size;
    if (from > to) {
      throw new IllegalArgumentException("invalid slice index: " + from + " > " + to);
    }
    return value instanceof String s
        ? s.substring(from, to)
        : new ArrayList<>(Objects.requireNonNull(Values.list(value)).subList(from, to));
  }

  /** {@code print} puts spaces only between operands that are no strings. */
  private static String print(List<@Nullable Object> args, boolean line) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < args.size(); i++) {
      boolean strings =
          i > 0 && (args.get(i) instanceof String || args.get(i - 1) instanceof String);
      if (i > 0 && (line || !strings)) {
        out.append(' ');
      }
      out.append(Format.inner(args.get(i)));
    }
    return line ? out.append('\n').toString() : out.toString();
  }

  private static String printf(List<@Nullable Object> args) {
    if (args.isEmpty() || !(args.get(0) instanceof String format)) {
      throw new IllegalArgumentException("wrong type for value; expected string");
    }
    return Format.printf(format, args.subList(1, args.size()));
  }

  private static String joined(List<@Nullable Object> args) {
    return args.size() == 1 && args.get(0) == null
        ? "<no value>"
        : args.size() == 1 ? Format.inner(args.get(0)) : print(args, false);
  }

  private static String html(String text) {
    return text.chars()
        .mapToObj(
            c ->
                switch (c) {
                  case '"' -> "&#34;";
                  case '\'' -> "&#39;";
                  case '&' -> "&amp;";
                  case '<' -> "&lt;";
                  case '>' -> "&gt;";
                  case 0 -> Bytes.of("\ufffd");
                  default -> Character.toString(c);
                })
        .collect(Collectors.joining());
  }

  private static String js(String text) {
    return text.chars()
        .mapToObj(
            c ->
                switch (c) {
                  case '\\' -> "\\\\";
                  case '\'' -> "\\'";
                  case '"' -> "\\\"";
                  case '<' -> "\\u003C";
                  case '>' -> "\\u003E";
                  case '&' -> "\\u0026";
                  case '=' -> "\\u003D";
                  default ->
                      c < ' ' ? String.format(Locale.ROOT, "\\u%04X", c) : Character.toString(c);
                })
        .collect(Collectors.joining());
  }

  private static String urlQuery(String text) {
    StringBuilder out = new StringBuilder();
    for (byte b : Literals.utf8(text)) {
      char c = (char) (b & 0xff);
      if (c == ' ') {
        out.append('+');
      } else if (c < 128 && (Character.isLetterOrDigit(c) || "-_.~".indexOf(c) >= 0)) {
        out.append(c);
      } else {
        out.append(String.format(Locale.ROOT, "%%%02X", (int) c));
      }
    }
    return out.toString();
  }
}
