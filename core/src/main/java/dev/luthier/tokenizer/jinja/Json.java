package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Python's {@code json.dumps}.
 *
 * <p>Its spacing matters: {@code {"a": 1, "b": [1, 2]}} on one line, and with an indent no space
 * before the line's end.
 */
final class Json {
  private final Env env;
  private final boolean ascii;
  private final Optional<String> indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sorted;
  private final StringBuilder out = new StringBuilder();

  private Json(
      Env env,
      boolean ascii,
      Optional<String> indent,
      String itemSeparator,
      String keySeparator,
      boolean sorted) {
    this.env = env;
    this.ascii = ascii;
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
    this.sorted = sorted;
  }

  /** The filter as Hugging Face defines it. */
  static Object filter(Env env, Object value, Args args) {
    Args.Bound b = args.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    Object indent = b.get(1, None.NONE);
    Optional<String> unit = Optional.empty();
    if (Types.isString(indent)) {
      unit = Optional.of(Str.of(env, indent));
    } else if (!(indent instanceof None)) {
      unit = Optional.of(Str.repeat(env, " ", Arith.toLong(indent)));
    }
    String item = unit.isPresent() ? "," : ", ";
    String key = ": ";
    Object separators = b.get(2, None.NONE);
    if (!(separators instanceof None)) {
      List<Object> both = Iteration.list(env, separators);
      if (both.size() != 2) {
        throw Fault.value("tojson: expected two separators, found " + both.size());
      }
      item = Str.require(both.get(0), "separators[0]");
      key = Str.require(both.get(1), "separators[1]");
    }
    Json json = new Json(env, b.truth(0, false), unit, item, key, b.truth(3, false));
    json.write(value, 0);
    return env.allocated(json.out.toString());
  }

  private void write(Object v, int depth) {
    env.step();
    env.nested(depth);
    env.fits(out.length());
    if (v instanceof String s) {
      string(s);
    } else if (v instanceof Markup m) {
      string(m.text());
    } else if (v instanceof None) {
      out.append("null");
    } else if (v instanceof Boolean || v instanceof Number) {
      env.steps(v instanceof Long ? 1 : Repr.FLOAT_STEPS);
      out.append(number(v));
    } else if (v instanceof List<?> l) {
      list(l, depth);
    } else if (v instanceof Tuple t) {
      list(t.items(), depth);
    } else if (v instanceof Dict d) {
      dict(d, depth);
    } else {
      throw Fault.type("Object of type " + Types.name(v) + " is not JSON serializable");
    }
  }

  private static String number(Object v) {
    if (v instanceof Double d) {
      return d.isNaN() ? "NaN" : d.isInfinite() ? d > 0 ? "Infinity" : "-Infinity" : Floats.repr(d);
    }
    return v.toString();
  }

  private void list(List<?> items, int depth) {
    out.append('[');
    Iterator<?> all = items.iterator();
    for (boolean first = true; all.hasNext(); first = false) {
      separate(first, depth + 1);
      write(all.next(), depth + 1);
    }
    close(items.isEmpty(), depth, ']');
  }

  private void dict(Dict d, int depth) {
    out.append('{');
    List<Map.Entry<Object, Object>> entries = new ArrayList<>(d.entries());
    env.steps(entries.size());
    if (sorted) {
      entries.sort((a, b) -> Order.compare(env, "<", a.getKey(), b.getKey()));
    }
    boolean first = true;
    for (Map.Entry<Object, Object> e : entries) {
      separate(first, depth + 1);
      first = false;
      string(key(d.key(e.getKey())));
      out.append(keySeparator);
      write(e.getValue(), depth + 1);
    }
    close(entries.isEmpty(), depth, '}');
  }

  private String key(Object key) {
    if (Types.isString(key)) {
      return Str.of(env, key);
    }
    if (key instanceof None) {
      return "null";
    }
    if (key instanceof Boolean || key instanceof Number) {
      return number(key);
    }
    throw Fault.type("keys must be str, int, float, bool or None, not " + Types.name(key));
  }

  private void separate(boolean first, int depth) {
    if (!first) {
      out.append(itemSeparator);
    }
    newline(depth);
  }

  private void close(boolean empty, int depth, char bracket) {
    if (!empty) {
      newline(depth);
    }
    out.append(bracket);
  }

  private void newline(int depth) {
    indent.ifPresent(
        unit -> {
          env.fits(out.length() + (long) unit.length() * depth);
          out.append('\n').append(unit.repeat(depth));
        });
  }

  private void string(String s) {
    env.steps(s.length() >> 6);
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> {
          if (c < 32 || ascii && c > 126) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
