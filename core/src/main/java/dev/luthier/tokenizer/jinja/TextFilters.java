package dev.luthier.tokenizer.jinja;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Filters on text. */
final class TextFilters {
  private static final Pattern WORD_START = Pattern.compile("[-\\s({\\[<]+");
  private static final Pattern WORD =
      Pattern.compile("[\\p{L}\\p{N}_]+", Pattern.UNICODE_CHARACTER_CLASS);

  private TextFilters() {}

  static void register(Map<String, Filters.Filter> table) {
    table.put("upper", (e, v, a) -> change(e, v, soft(e, v).toUpperCase(Locale.ROOT)));
    table.put("lower", (e, v, a) -> change(e, v, soft(e, v).toLowerCase(Locale.ROOT)));
    table.put("capitalize", (e, v, a) -> change(e, v, Casing.capitalize(soft(e, v))));
    table.put("title", (e, v, a) -> title(e, soft(e, v)));
    table.put("trim", TextFilters::trim);
    table.put("replace", TextFilters::replace);
    table.put("string", (e, v, a) -> v instanceof Markup ? v : Str.of(e, v));
    table.put("safe", (e, v, a) -> v instanceof Markup ? v : new Markup(Str.of(e, v)));
    table.put("escape", (e, v, a) -> new Markup(Markup.escaped(e, v)));
    table.put("e", (e, v, a) -> new Markup(Markup.escaped(e, v)));
    table.put("forceescape", (e, v, a) -> new Markup(e.allocated(Markup.escape(Str.of(e, v)))));
    table.put("join", TextFilters::join);
    table.put("indent", TextFilters::indent);
    table.put("center", TextFilters::center);
    table.put("truncate", TextFilters::truncate);
    table.put("wordcount", TextFilters::wordCount);
    table.put("format", TextFilters::format);
    table.put("urlencode", TextFilters::urlEncode);
    table.put("striptags", TextFilters::stripTags);
  }

  /** The text of any value; marked text stays marked where {@link #change} puts it back. */
  private static String soft(Env env, Object v) {
    return env.allocated(Str.of(env, v));
  }

  private static Object change(Env env, Object original, String result) {
    return Str.like(original, env.allocated(result));
  }

  private static String title(Env env, String s) {
    StringBuilder out = new StringBuilder(s.length());
    Matcher m = WORD_START.matcher(s);
    int from = 0;
    while (m.find()) {
      env.step();
      word(s.substring(from, m.start()), out);
      out.append(m.group());
      from = m.end();
    }
    word(s.substring(from), out);
    return out.toString();
  }

  private static void word(String word, StringBuilder out) {
    if (!word.isEmpty()) {
      int first = Character.charCount(word.codePointAt(0));
      out.append(word.substring(0, first).toUpperCase(Locale.ROOT));
      out.append(word.substring(first).toLowerCase(Locale.ROOT));
    }
  }

  private static Object trim(Env env, Object v, Args args) {
    Object chars = args.bind("trim", 0, "chars").get(0, None.NONE);
    String s = soft(env, v);
    return Str.like(
        v,
        chars instanceof None
            ? Str.strip(s, true, true)
            : Str.strip(env, s, Str.require(chars, "strip arg"), true, true));
  }

  private static Object replace(Env env, Object v, Args args) {
    Args.Bound b = args.bind("replace", 2, "old", "new", "count");
    Object count = b.get(2, None.NONE);
    return Str.replace(
        env,
        Str.of(env, v),
        Str.of(env, b.required(0)),
        Str.of(env, b.required(1)),
        count instanceof None ? -1 : Arith.toLong(count));
  }

  private static Object join(Env env, Object v, Args args) {
    Args.Bound b = args.bind("join", 0, "d", "attribute");
    String separator = Str.of(env, b.get(0, ""));
    Attribute attribute = Attribute.of(env, b.get(1, None.NONE));
    Iterator<Object> items = Iteration.of(env, v);
    StringBuilder out = new StringBuilder();
    for (boolean first = true; items.hasNext(); first = false) {
      env.step();
      String text = Str.of(env, attribute.of(items.next()));
      env.allocate(text.length() + (long) separator.length());
      env.fits(out.length() + (long) text.length() + separator.length());
      out.append(first ? "" : separator).append(text);
    }
    return out.toString();
  }

  private static Object indent(Env env, Object v, Args args) {
    Args.Bound b = args.bind("indent", 0, "width", "first", "blank");
    Object width = b.get(0, 4L);
    String unit =
        Types.isString(width) ? Str.of(env, width) : Str.repeat(env, " ", Arith.toLong(width));
    boolean blank = b.truth(2, false);
    String s = Str.require(v, "the value of the indent filter") + "\n";
    List<Object> lines = Str.lines(env, s, false);
    StringBuilder out = new StringBuilder(b.truth(1, false) ? unit : "");
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      env.step();
      env.allocate(line.length() + (long) unit.length());
      env.fits(out.length() + (long) line.length() + unit.length());
      if (i > 0) {
        out.append('\n').append(blank || !line.isEmpty() ? unit : "");
      }
      out.append(line);
    }
    return Str.like(v, out.toString());
  }

  private static Object center(Env env, Object v, Args args) {
    long width = args.bind("center", 0, "width").integer(0, 80);
    return Str.like(v, Casing.pad(env, Str.of(env, v), width, " ", 'c'));
  }

  private static Object truncate(Env env, Object v, Args args) {
    Args.Bound b = args.bind("truncate", 0, "length", "killwords", "end", "leeway");
    String end = b.string(2, "...");
    long length = b.integer(0, 255);
    Object given = b.get(3, None.NONE);
    long leeway = given instanceof None ? 5 : Arith.toLong(given);
    int endLength = Str.length(end);
    if (length < endLength) {
      throw Fault.value("expected length >= " + endLength + ", got " + length);
    }
    if (leeway < 0) {
      throw Fault.value("expected leeway >= 0, got " + leeway);
    }
    if (Iteration.length(env, v) <= length + leeway) {
      return v;
    }
    String s = Str.require(v, "the value of the truncate filter");
    String cut = Str.substring(s, 0, (int) (length - endLength));
    if (!b.truth(1, false)) {
      int space = cut.lastIndexOf(' ');
      cut = space < 0 ? cut : cut.substring(0, space);
    }
    if (v instanceof Markup) {
      return new Markup(cut + Markup.escaped(env, b.get(2, "...")));
    }
    return env.allocated(cut + end);
  }

  private static Object wordCount(Env env, Object v, Args args) {
    args.bind("wordcount", 0);
    Matcher m = WORD.matcher(soft(env, v));
    long n = 0;
    while (m.find()) {
      n++;
    }
    return n;
  }

  private static Object format(Env env, Object v, Args args) {
    if (!args.named().isEmpty() && !args.positional().isEmpty()) {
      throw Fault.value("can't handle positional and keyword arguments at the same time");
    }
    Object text = v instanceof Markup ? v : Str.of(env, v);
    if (args.named().isEmpty()) {
      return Percent.format(env, text, Tuple.of(args.positional()));
    }
    Dict values = new Dict();
    args.named().forEach(values::putString);
    return Percent.format(env, text, values);
  }

  private static Object urlEncode(Env env, Object v, Args args) {
    if (Types.isString(v) || !Iteration.possible(v)) {
      return quoted(env, Str.of(env, v), true);
    }
    Object pairs = v instanceof Dict d ? new DictView(d, DictView.Kind.ITEMS) : v;
    List<String> parts = new ArrayList<>();
    for (Object pair : Iteration.list(env, pairs)) {
      List<Object> both = Iteration.list(env, pair);
      if (both.size() != 2) {
        throw Fault.value("urlencode: expected pairs, found " + both.size() + " values");
      }
      parts.add(query(env, Str.of(env, both.get(0))) + "=" + query(env, Str.of(env, both.get(1))));
    }
    return env.allocated(String.join("&", parts));
  }

  private static String query(Env env, String s) {
    return quoted(env, s, false).replace("%20", "+");
  }

  private static String quoted(Env env, String s, boolean keepSlash) {
    env.steps(s.length());
    env.allocate(9L * s.length());
    String encoded =
        URLEncoder.encode(s, StandardCharsets.UTF_8)
            .replace("+", "%20")
            .replace("*", "%2A")
            .replace("%7E", "~");
    return keepSlash ? encoded.replace("%2F", "/") : encoded;
  }

  private static Object stripTags(Env env, Object v, Args args) {
    String s = env.allocated(Str.of(env, v));
    String text = removeAll(removeAll(s, "<!--", "-->"), "<", ">");
    List<Object> words = Splits.words(env, text, -1);
    StringBuilder out = new StringBuilder();
    words.forEach(w -> out.append(out.length() == 0 ? "" : " ").append(w));
    return out.toString()
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }

  private static String removeAll(String s, String open, String close) {
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int at = s.indexOf(open); at >= 0; at = s.indexOf(open, from)) {
      int end = s.indexOf(close, at + open.length());
      if (end < 0) {
        break;
      }
      out.append(s, from, at);
      from = end + close.length();
    }
    return out.append(s.substring(from)).toString();
  }
}
