package dev.luthier.tokenizer.jinja;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code repr}. */
final class Repr {
  /** What it takes to find the shortest decimal, or the decimal of a large integer. */
  static final int FLOAT_STEPS = 100;

  private final Env env;
  private final StringBuilder out = new StringBuilder();

  private Repr(Env env) {
    this.env = env;
  }

  static String of(Env env, Object value) {
    if (value instanceof Long || value instanceof None) {
      return value.toString();
    }
    if (value instanceof Boolean b) {
      return b ? "True" : "False";
    }
    Repr r = new Repr(env);
    r.append(value, 0);
    return env.allocated(r.out.toString());
  }

  private void append(Object v, int depth) {
    env.step();
    env.nested(depth);
    env.fits(out.length());
    if (v instanceof String s) {
      quote(s, out);
    } else if (v instanceof Markup m) {
      quote(m.text(), out.append("Markup("));
      out.append(')');
    } else if (v instanceof Double d) {
      env.steps(FLOAT_STEPS);
      out.append(Floats.repr(d));
    } else if (v instanceof Boolean b) {
      out.append(b ? "True" : "False");
    } else if (v instanceof List<?> l) {
      sequence("[", l.iterator(), "]", depth);
    } else if (v instanceof Tuple t) {
      sequence("(", t.items().iterator(), t.items().size() == 1 ? ",)" : ")", depth);
    } else if (v instanceof Dict d) {
      dict(d, depth);
    } else {
      rare(v, depth);
    }
  }

  private void rare(Object v, int depth) {
    if (v instanceof DictView w) {
      sequence(w.kind().type + "([", w.iterator(), "])", depth);
    } else if (v instanceof Namespace n) {
      Dict d = new Dict();
      n.values.forEach(d::putString);
      out.append("<Namespace ");
      dict(d, depth);
      out.append('>');
    } else if (v instanceof Undefined) {
      out.append("Undefined");
    } else if (v instanceof Generator g) {
      out.append('<').append(g.type()).append(" object>");
    } else if (v instanceof Callable && !(v instanceof Macro) && !(v instanceof Loop)) {
      out.append("<built-in function>");
    } else {
      env.steps(v instanceof BigInteger b ? b.bitLength() >> 1 : 0);
      out.append(v);
    }
  }

  private void sequence(String open, Iterator<?> items, String close, int depth) {
    out.append(open);
    for (boolean first = true; items.hasNext(); first = false) {
      if (!first) {
        out.append(", ");
      }
      append(items.next(), depth + 1);
    }
    out.append(close);
  }

  private void dict(Dict d, int depth) {
    out.append('{');
    boolean first = true;
    for (Map.Entry<Object, Object> e : d.entries()) {
      if (!first) {
        out.append(", ");
      }
      first = false;
      append(d.key(e.getKey()), depth + 1);
      out.append(": ");
      append(e.getValue(), depth + 1);
    }
    out.append('}');
  }

  static String quote(String s) {
    StringBuilder out = new StringBuilder(s.length() + 2);
    quote(s, out);
    return out.toString();
  }

  private static void quote(String s, StringBuilder out) {
    char mark = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
    out.append(mark);
    for (int i = 0; i < s.length(); ) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      if (c == mark || c == '\\') {
        out.append('\\').append((char) c);
      } else if (c == '\n') {
        out.append("\\n");
      } else if (c == '\r') {
        out.append("\\r");
      } else if (c == '\t') {
        out.append("\\t");
      } else if (isPrintable(c)) {
        out.appendCodePoint(c);
      } else {
        escape(c, out);
      }
    }
    out.append(mark);
  }

  /** {@code ascii()}: the same with all other characters escaped. */
  static String ascii(String repr) {
    StringBuilder out = new StringBuilder(repr.length());
    repr.codePoints()
        .forEach(
            c -> {
              if (c < 128) {
                out.append((char) c);
              } else {
                escape(c, out);
              }
            });
    return out.toString();
  }

  private static void escape(int c, StringBuilder out) {
    if (c < 0x100) {
      out.append(String.format("\\x%02x", c));
    } else if (c < 0x10000) {
      out.append(String.format("\\u%04x", c));
    } else {
      out.append(String.format("\\U%08x", c));
    }
  }

  static boolean isPrintable(int c) {
    if (c >= 32 && c < 127) {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
