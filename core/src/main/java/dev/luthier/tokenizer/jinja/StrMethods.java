package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;

/** Methods of strings. */
final class StrMethods {
  static final Map<String, Methods.Method> TABLE = new HashMap<>();

  static {
    text("upper", s -> s.toUpperCase(Locale.ROOT));
    text("lower", s -> s.toLowerCase(Locale.ROOT));
    text("casefold", s -> s.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT));
    text("capitalize", Casing::capitalize);
    text("title", Casing::title);
    text("swapcase", Casing::swap);
    TABLE.put("strip", (e, s, a) -> strip(e, s, a, true, true));
    TABLE.put("lstrip", (e, s, a) -> strip(e, s, a, true, false));
    TABLE.put("rstrip", (e, s, a) -> strip(e, s, a, false, true));
    TABLE.put("split", (e, s, a) -> split(e, s, a, false));
    TABLE.put("rsplit", (e, s, a) -> split(e, s, a, true));
    TABLE.put("splitlines", StrMethods::splitlines);
    TABLE.put("partition", (e, s, a) -> partition(e, s, a, false));
    TABLE.put("rpartition", (e, s, a) -> partition(e, s, a, true));
    TABLE.put("startswith", (e, s, a) -> affix(e, s, a, true));
    TABLE.put("endswith", (e, s, a) -> affix(e, s, a, false));
    TABLE.put("removeprefix", (e, s, a) -> remove(e, s, a, true));
    TABLE.put("removesuffix", (e, s, a) -> remove(e, s, a, false));
    TABLE.put("replace", StrMethods::replace);
    TABLE.put("find", (e, s, a) -> find(e, s, a, false));
    TABLE.put("rfind", (e, s, a) -> find(e, s, a, true));
    TABLE.put("index", (e, s, a) -> found(find(e, s, a, false)));
    TABLE.put("rindex", (e, s, a) -> found(find(e, s, a, true)));
    TABLE.put("count", StrMethods::count);
    TABLE.put("join", StrMethods::join);
    TABLE.put("format", (e, s, a) -> StrFormat.format(e, s, a));
    TABLE.put("format_map", StrMethods::formatMap);
    TABLE.put("center", (e, s, a) -> pad(e, s, a, 'c'));
    TABLE.put("ljust", (e, s, a) -> pad(e, s, a, 'l'));
    TABLE.put("rjust", (e, s, a) -> pad(e, s, a, 'r'));
    TABLE.put("zfill", StrMethods::zfill);
    TABLE.put("expandtabs", StrMethods::expandtabs);
    test("isspace", Str::isSpace);
    test("isdigit", StrMethods::isDigit);
    test("isdecimal", c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
    test("isnumeric", StrMethods::isNumeric);
    test("isalpha", Character::isLetter);
    test("isalnum", c -> Character.isLetter(c) || isNumeric(c));
    TABLE.put("isascii", (e, s, a) -> Str.of(e, s).chars().allMatch(c -> c < 128));
    TABLE.put("isprintable", (e, s, a) -> Str.of(e, s).codePoints().allMatch(Repr::isPrintable));
    TABLE.put("islower", (e, s, a) -> Casing.isLower(Str.of(e, s)));
    TABLE.put("isupper", (e, s, a) -> Casing.isUpper(Str.of(e, s)));
    TABLE.put("istitle", (e, s, a) -> Casing.isTitle(Str.of(e, s)));
    TABLE.put("isidentifier", (e, s, a) -> isIdentifier(Str.of(e, s)));
  }

  private StrMethods() {}

  private interface Change {
    String apply(String s);
  }

  private static void text(String name, Change change) {
    TABLE.put(
        name,
        (e, s, a) -> {
          a.bind(name, 0);
          return Str.like(s, e.allocated(change.apply(Str.of(e, s))));
        });
  }

  private static void test(String name, IntPredicate test) {
    TABLE.put(
        name,
        (e, s, a) -> {
          String text = e.allocated(Str.of(e, s));
          return !text.isEmpty() && text.codePoints().allMatch(test);
        });
  }

  /** Decimal digits, superscripts and circled digits. */
  private static boolean isDigit(int c) {
    int value = Character.getNumericValue(c);
    return Character.isDigit(c)
        || Character.getType(c) == Character.OTHER_NUMBER && value >= 0 && value < 10;
  }

  private static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private static boolean isIdentifier(String s) {
    return !s.isEmpty()
        && (s.charAt(0) == '_' || Character.isUnicodeIdentifierStart(s.codePointAt(0)))
        && s.codePoints().allMatch(c -> c == '_' || Character.isUnicodeIdentifierPart(c));
  }

  private static Object strip(Env env, Object self, Args args, boolean left, boolean right) {
    Object chars = args.bind("strip", 0, "chars").get(0, None.NONE);
    String s = env.allocated(Str.of(env, self));
    return Str.like(
        self,
        chars instanceof None
            ? Str.strip(s, left, right)
            : Str.strip(env, s, Str.require(chars, "strip arg"), left, right));
  }

  private static Object split(Env env, Object self, Args args, boolean fromRight) {
    Args.Bound b = args.bind("split", 0, "sep", "maxsplit");
    String s = env.allocated(Str.of(env, self));
    long max = b.integer(1, -1);
    Object separator = b.get(0, None.NONE);
    List<Object> parts;
    if (separator instanceof None) {
      parts = fromRight ? Splits.wordsFromRight(env, s, max) : Splits.words(env, s, max);
    } else {
      String sep = Str.require(separator, "split() separator");
      if (sep.isEmpty()) {
        throw Fault.value("empty separator");
      }
      parts = fromRight ? Splits.fromRight(env, s, sep, max) : Splits.fromLeft(env, s, sep, max);
    }
    return marked(self, parts);
  }

  private static List<Object> marked(Object self, List<Object> parts) {
    if (self instanceof Markup) {
      parts.replaceAll(p -> new Markup((String) p));
    }
    return parts;
  }

  private static Object splitlines(Env env, Object self, Args args) {
    boolean keep = args.bind("splitlines", 0, "keepends").truth(0, false);
    return marked(self, Str.lines(env, Str.of(env, self), keep));
  }

  private static Object partition(Env env, Object self, Args args, boolean last) {
    String sep = args.bind("partition", 1, "sep").string(0, "");
    String s = env.allocated(Str.of(env, self));
    if (sep.isEmpty()) {
      throw Fault.value("empty separator");
    }
    int at = last ? Search.last(env, s, sep, s.length()) : Search.first(env, s, sep, 0);
    List<Object> parts = new ArrayList<>();
    if (at < 0) {
      Collections.addAll(parts, last ? "" : s, "", last ? s : "");
    } else {
      Collections.addAll(parts, s.substring(0, at), sep, s.substring(at + sep.length()));
    }
    return Tuple.of(marked(self, parts));
  }

  private static Object affix(Env env, Object self, Args args, boolean start) {
    String name = start ? "startswith" : "endswith";
    Args.Bound b = args.bind(name, 1, "prefix", "start", "end");
    String s = range(env, Str.of(env, self), b);
    if (s.isEmpty() && outside(env, self, b)) {
      return false;
    }
    Object wanted = b.required(0);
    List<Object> all = wanted instanceof Tuple t ? t.items() : List.of(wanted);
    for (Object one : all) {
      env.step();
      if (!Types.isString(one)) {
        throw one instanceof Undefined u && !(wanted instanceof Tuple)
            ? Fault.type(name + " first arg must be str or a tuple of str, not Undefined")
            : Fault.type(name + " first arg must be str or a tuple of str, not " + Types.name(one));
      }
      String affix = Str.of(env, one);
      if (start ? s.startsWith(affix) : s.endsWith(affix)) {
        return true;
      }
    }
    return false;
  }

  /** The part of the string that optional start and end arguments 1 and 2 select. */
  private static String range(Env env, String s, Args.Bound b) {
    if (b.get(1, None.NONE) instanceof None && b.get(2, None.NONE) instanceof None) {
      return s;
    }
    Object part = Slices.slice(env, s, b.get(1, None.NONE), b.get(2, None.NONE), None.NONE);
    return Str.of(env, part);
  }

  private static boolean outside(Env env, Object self, Args.Bound b) {
    Object start = b.get(1, None.NONE);
    return !(start instanceof None) && Arith.toLong(start) > Iteration.length(env, self);
  }

  private static Object remove(Env env, Object self, Args args, boolean start) {
    String affix = args.bind("removeprefix", 1, "affix").string(0, "");
    String s = env.allocated(Str.of(env, self));
    if (start && s.startsWith(affix)) {
      s = s.substring(affix.length());
    } else if (!start && s.endsWith(affix)) {
      s = s.substring(0, s.length() - affix.length());
    }
    return Str.like(self, s);
  }

  private static Object replace(Env env, Object self, Args args) {
    if (!args.named().isEmpty()) {
      throw Fault.type("str.replace() takes no keyword arguments");
    }
    Args.Bound b = args.bind("replace", 2, "old", "new", "count");
    String with = self instanceof Markup ? Markup.escaped(env, b.required(1)) : b.string(1, "");
    return Str.like(
        self, Str.replace(env, Str.of(env, self), b.string(0, ""), with, b.integer(2, -1)));
  }

  private static long find(Env env, Object self, Args args, boolean last) {
    Args.Bound b = args.bind("find", 1, "sub", "start", "end");
    String whole = env.allocated(Str.of(env, self));
    String s = range(env, whole, b);
    if (s.isEmpty() && outside(env, self, b)) {
      return -1;
    }
    String wanted = b.string(0, "");
    int at = last ? Search.last(env, s, wanted, s.length()) : Search.first(env, s, wanted, 0);
    if (at < 0) {
      return -1;
    }
    long size = Str.length(whole);
    Object start = b.get(1, None.NONE);
    long from = start instanceof None ? 0 : Arith.toLong(start);
    return s.codePointCount(0, at) + Math.max(0, from < 0 ? from + size : from);
  }

  private static Object found(long at) {
    if (at < 0) {
      throw Fault.value("substring not found");
    }
    return at;
  }

  private static Object count(Env env, Object self, Args args) {
    Args.Bound b = args.bind("count", 1, "sub", "start", "end");
    String s = env.allocated(range(env, Str.of(env, self), b));
    String wanted = b.string(0, "");
    if (wanted.isEmpty()) {
      return Str.length(s) + 1L;
    }
    long n = 0;
    int size = wanted.length();
    for (int at = Search.first(env, s, wanted, 0);
        at >= 0;
        at = Search.first(env, s, wanted, at + size)) {
      n++;
    }
    return n;
  }

  private static Object join(Env env, Object self, Args args) {
    Object parts = args.bind("join", 1, "iterable").required(0);
    String separator = Str.of(env, self);
    StringBuilder out = new StringBuilder();
    Iterator<Object> items = Iteration.of(env, parts);
    for (int i = 0; items.hasNext(); i++) {
      Object part = items.next();
      env.step();
      if (!Types.isString(part) && !(self instanceof Markup)) {
        throw Fault.type(
            "sequence item " + i + ": expected str instance, " + Types.name(part) + " found");
      }
      String text = self instanceof Markup ? Markup.escaped(env, part) : Str.of(env, part);
      env.allocate(text.length() + (long) separator.length());
      env.fits(out.length() + (long) text.length() + separator.length());
      out.append(i == 0 ? "" : separator).append(text);
    }
    return Str.like(self, out.toString());
  }

  private static Object formatMap(Env env, Object self, Args args) {
    if (!(args.bind("format_map", 1, "mapping").required(0) instanceof Dict d)) {
      throw Fault.type("format_map() argument must be a mapping");
    }
    Map<String, Object> named = new HashMap<>();
    d.stored().forEach((k, v) -> named.put(k.toString(), v));
    return StrFormat.format(env, self, new Args(List.of(), named));
  }

  private static Object pad(Env env, Object self, Args args, char how) {
    Args.Bound b = args.bind("center", 1, "width", "fillchar");
    String fill = b.string(1, " ");
    if (Str.length(fill) != 1) {
      throw Fault.type("The fill character must be exactly one character long");
    }
    return Str.like(self, Casing.pad(env, Str.of(env, self), b.integer(0, 0), fill, how));
  }

  private static Object zfill(Env env, Object self, Args args) {
    long width = args.bind("zfill", 1, "width").integer(0, 0);
    String s = Str.of(env, self);
    boolean signed = s.startsWith("-") || s.startsWith("+");
    String digits = signed ? s.substring(1) : s;
    long zeros = Math.max(0, width - Str.length(s));
    String filled = Str.repeat(env, "0", zeros) + digits;
    return Str.like(self, env.allocated((signed ? s.substring(0, 1) : "") + filled));
  }

  private static Object expandtabs(Env env, Object self, Args args) {
    long size = args.bind("expandtabs", 0, "tabsize").integer(0, 8);
    StringBuilder out = new StringBuilder();
    long column = 0;
    for (int c : Str.of(env, self).codePoints().toArray()) {
      if (c == '\t') {
        long n = size <= 0 ? 0 : size - column % size;
        out.append(Str.repeat(env, " ", n));
        env.fits(out.length());
        column += n;
      } else {
        out.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return Str.like(self, env.allocated(out.toString()));
  }
}
