package dev.luthier.tokenizer.jinja;

/**
 * A string that the {@code safe} or {@code escape} filter marked as HTML. Adding other text to it
 * escapes that text, also where automatic escaping is off.
 *
 * @param text the string
 */
record Markup(String text) {
  static String escape(String s) {
    StringBuilder out = new StringBuilder(s.length() + 16);
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  /** The text of a value, escaped unless it is marked already. */
  static String escaped(Env env, Object value) {
    return value instanceof Markup m ? m.text() : env.allocated(escape(Str.of(env, value)));
  }
}
