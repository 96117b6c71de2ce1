package dev.luthier.data.check;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Markup. What is put into it is escaped unless it is markup itself, so that nothing which comes
 * from data can become any; it is well-formed XML, too. Characters that cannot be seen or written
 * are named: {@code U+0000}.
 */
record Html(String markup) {
  static final Html NONE = new Html("");

  /** What is special to a chat template: {@code <|im_end|>}, {@code </s>}, {@code [INST]}. */
  private static final String MARKER =
      "<[|\uff5c][^|\uff5c<>\\s]{1,40}[|\uff5c]>|</?s>|<(?:bos|eos|unk|pad)>"
          + "|<(?:start|end)_of_turn>|\\[/?INST]|<</?SYS>>";

  /** White space that counts and would not be noticed: at an end of the text or line, unusual. */
  private static final String SPACE =
      "\\A\\s+|\\s+\\z| +(?=\\n)|[\\t\\r\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+";

  private static final Pattern SHOWN =
      Pattern.compile("(?<marker>" + MARKER + ")|(?<space>" + SPACE + ")");

  /** Formats as {@link String#format} does, in the root locale, with each value escaped. */
  static Html of(String format, Object... values) {
    Object[] safe = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      safe[i] =
          values[i] instanceof Html html
              ? html.markup
              : values[i] instanceof Number ? values[i] : escape(values[i].toString());
    }
    return new Html(String.format(Locale.ROOT, format, safe));
  }

  static Html all(Stream<Html> parts) {
    return new Html(parts.map(Html::markup).collect(Collectors.joining()));
  }

  /**
   * A text of which everything is to be seen: a template's markers, odd characters, white space.
   */
  static Html shown(String text) {
    StringBuilder out = new StringBuilder();
    shown(text, 0, text.length(), regions(text), out);
    return new Html(out.toString());
  }

  /** The same of a text in pieces, each with a tooltip; a marker may stand in several. */
  static Html shown(List<String> pieces, List<String> titles) {
    String text = String.join("", pieces);
    BitSet[] regions = regions(text);
    StringBuilder out = new StringBuilder();
    int from = 0;
    for (int i = 0; i < pieces.size(); i++) {
      int to = from + pieces.get(i).length();
      out.append(of("<span title=\"%s\">", titles.get(i)).markup);
      shown(text, from, to, regions, out);
      out.append("</span>");
      from = to;
    }
    return new Html(out.toString());
  }

  /** Which characters belong to markers, and which are white space that counts. */
  private static BitSet[] regions(String text) {
    BitSet markers = new BitSet();
    BitSet spaces = new BitSet();
    Matcher found = SHOWN.matcher(text);
    while (found.find()) {
      (found.group("marker") != null ? markers : spaces).set(found.start(), found.end());
    }
    return new BitSet[] {markers, spaces};
  }

  private static void shown(String text, int from, int to, BitSet[] regions, StringBuilder out) {
    BitSet markers = regions[0];
    BitSet spaces = regions[1];
    for (int at = from; at < to; ) {
      int end;
      if (markers.get(at)) {
        end = Math.min(to, markers.nextClearBit(at));
        out.append("<b>").append(escape(text, at, end, "%s")).append("</b>");
      } else if (spaces.get(at)) {
        end = Math.min(to, spaces.nextClearBit(at));
        out.append(space(text.substring(at, end)));
      } else {
        end = Math.min(to, Math.min(next(markers, at, to), next(spaces, at, to)));
        out.append(escape(text, at, end, "<i class=\"odd\">%s</i>"));
      }
      at = end;
    }
  }

  private static int next(BitSet set, int from, int none) {
    int next = set.nextSetBit(from);
    return next < 0 ? none : next;
  }

  /** The character itself stays, so that copies are right; its sign is drawn by the style sheet. */
  private static String space(String text) {
    return text.chars()
        .mapToObj(
            c ->
                switch (c) {
                  case ' ' -> "<i data-sign=\"·\"> </i>";
                  case '\n' -> "<i data-sign=\"↵\">\n</i>";
                  case '\t' -> "<i data-sign=\"→\">\t</i>";
                  default -> String.format(Locale.ROOT, "<i class=\"odd\">U+%04X</i>", c);
                })
        .collect(Collectors.joining());
  }

  private static String escape(String text) {
    return escape(text, 0, text.length(), "%s");
  }

  private static String escape(String text, int from, int to, String odd) {
    StringBuilder out = new StringBuilder(to - from + 16);
    int before = from == 0 ? 0 : text.codePointBefore(from);
    for (int i = from; i < to; i += Character.charCount(before)) {
      int c = text.codePointAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> {
          if (isSeen(c, before)) {
            out.appendCodePoint(c);
          } else {
            out.append(odd.replace("%s", String.format(Locale.ROOT, "U+%04X", c)));
          }
        }
      }
      before = c;
    }
    return out.toString();
  }

  private static boolean isSeen(int c, int before) {
    return switch (Character.getType(c)) {
      case Character.CONTROL -> c == '\n' || c == '\t';
      case Character.FORMAT ->
          (c == 0x200c || c == 0x200d) && before > 0x7f; // joins letters, emoji
      case Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      default -> (c & 0xfffe) != 0xfffe;
    };
  }
}
