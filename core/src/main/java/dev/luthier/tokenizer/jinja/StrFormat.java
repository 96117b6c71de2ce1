package dev.luthier.tokenizer.jinja;

/** {@code "...".format(...)}: replacement fields with attributes, elements and conversions. */
final class StrFormat {
  private final Env env;
  private final Args args;
  private final boolean markup;
  private int automatic;

  private StrFormat(Env env, Args args, boolean markup) {
    this.env = env;
    this.args = args;
    this.markup = markup;
  }

  static Object format(Env env, Object self, Args args) {
    StrFormat f = new StrFormat(env, args, self instanceof Markup);
    return Str.like(self, f.expand(Str.of(env, self), 0));
  }

  private String expand(String format, int depth) {
    if (depth > 2) {
      throw Fault.value("Max string recursion exceeded");
    }
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < format.length()) {
      char c = format.charAt(i);
      boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
      if ((c == '{' || c == '}') && doubled) {
        out.append(c);
        i += 2;
      } else if (c == '{') {
        int end = fieldEnd(format, i + 1);
        out.append(field(format.substring(i + 1, end), depth));
        i = end + 1;
      } else if (c == '}') {
        throw Fault.value("Single '}' encountered in format string");
      } else {
        out.append(c);
        i++;
      }
      env.fits(out.length());
    }
    return env.allocated(out.toString());
  }

  private static int fieldEnd(String format, int from) {
    int open = 1;
    boolean bracket = false;
    for (int i = from; i < format.length(); i++) {
      char c = format.charAt(i);
      if (bracket) {
        bracket = c != ']';
      } else if (c == '[') {
        bracket = format.lastIndexOf(':', i) < from;
      } else if (c == '{') {
        open++;
      } else if (c == '}' && --open == 0) {
        return i;
      }
    }
    throw Fault.value("expected '}' before end of string");
  }

  private String field(String field, int depth) {
    env.step();
    int end = nameEnd(field);
    String name = field.substring(0, end);
    char conversion = 0;
    if (end < field.length() && field.charAt(end) == '!') {
      if (end + 1 >= field.length()) {
        throw Fault.value("end of string while looking for conversion specifier");
      }
      conversion = field.charAt(end + 1);
      end += 2;
      if (end < field.length() && field.charAt(end) != ':') {
        throw Fault.value("expected ':' after conversion specifier");
      }
    }
    Object value = value(name);
    String spec = end < field.length() ? expand(field.substring(end + 1), depth + 1) : "";
    if (conversion != 0) {
      value = convert(conversion, value);
    }
    if (markup) {
      return value instanceof Markup m
          ? m.text()
          : Markup.escape(FormatSpec.apply(env, value, spec));
    }
    return FormatSpec.apply(env, value, spec);
  }

  private static int nameEnd(String field) {
    boolean bracket = false;
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (bracket) {
        bracket = c != ']';
      } else if (c == '[') {
        bracket = true;
      } else if (c == '!' || c == ':') {
        return i;
      }
    }
    return field.length();
  }

  private Object convert(char conversion, Object value) {
    return switch (conversion) {
      case 's' -> Str.of(env, value);
      case 'r' -> Repr.of(env, value);
      case 'a' -> Repr.ascii(Repr.of(env, value));
      default -> throw Fault.value("Unknown conversion specifier " + conversion);
    };
  }

  private Object value(String name) {
    int i = 0;
    while (i < name.length() && name.charAt(i) != '.' && name.charAt(i) != '[') {
      i++;
    }
    Object value = first(name.substring(0, i));
    while (i < name.length()) {
      if (name.charAt(i) == '.') {
        int end = i + 1;
        while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
          end++;
        }
        value = Access.attribute(env, value, name.substring(i + 1, end));
        i = end;
      } else {
        int end = name.indexOf(']', i);
        if (name.charAt(i) != '[' || end < 0) {
          throw Fault.value("Missing ']' in format string");
        }
        value = Access.item(env, value, index(name.substring(i + 1, end)));
        i = end + 1;
      }
    }
    return value;
  }

  private static Object index(String text) {
    return isNumber(text) ? (Object) Long.valueOf(text) : text;
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty()
        && text.length() < 10
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private Object first(String name) {
    if (name.isEmpty() || isNumber(name)) {
      boolean auto = name.isEmpty();
      if (auto ? automatic < 0 : automatic > 0) {
        throw Fault.value("cannot switch between automatic and manual field numbering");
      }
      int index = auto ? automatic++ : Integer.parseInt(name);
      if (!auto) {
        automatic = -1;
      }
      if (index >= args.positional().size()) {
        throw Fault.value("Replacement index " + index + " out of range for positional args tuple");
      }
      return args.positional().get(index);
    }
    Object value = args.named().get(name);
    if (value == null) {
      throw Fault.value("KeyError: " + Repr.quote(name));
    }
    return value;
  }
}
