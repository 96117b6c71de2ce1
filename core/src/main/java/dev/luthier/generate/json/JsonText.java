package dev.luthier.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts of JSON's own syntax. White space is where writers put it, and never much: one space
 * after a comma or colon, or a new line with its indentation between values. A model that knows
 * nothing better to write cannot go on with it for ever.
 */
final class JsonText {
  private static final int INDENTATION = 64;
  private static final String HEX = "0123456789ABCDEFabcdef";

  /** Between an object's or array's parts. */
  static final Grammar GAP =
      Grammar.optional(
          Grammar.either(
              Grammar.text(" "),
              Grammar.sequence(
                  Grammar.text("\n"), Grammar.repeated(Grammar.text(" "), 0, INDENTATION))));

  static final Grammar COMMA = Grammar.sequence(Grammar.text(","), GAP);
  static final Grammar COLON = Grammar.sequence(Grammar.text(":"), optionalSpace());
  static final Grammar NULL = Grammar.text("null");
  static final Grammar BOOLEAN = Grammar.either(Grammar.text("true"), Grammar.text("false"));

  /** One character of a string, in any of the ways to write it; halves of pairs only as pairs. */
  static final Grammar CHARACTER =
      Grammar.either(
          CodePoints.ALL.without(0, 0x1F).without('"', '"').without('\\', '\\').utf8(),
          Grammar.sequence(
              Grammar.text("\\"), Grammar.either(oneOf("\"\\/bfnrt"), unicodeEscape())));

  private JsonText() {}

  private static Grammar optionalSpace() {
    return Grammar.optional(Grammar.text(" "));
  }

  private static Grammar oneOf(String ascii) {
    return Grammar.any(ByteSet.of(ascii.chars().toArray()));
  }

  private static Grammar unicodeEscape() {
    Grammar hex = oneOf(HEX);
    Grammar d = oneOf("Dd");
    return Grammar.either(
        Grammar.sequence(Grammar.text("u"), oneOf("0123456789ABCEFabcef"), hex, hex, hex),
        Grammar.sequence(Grammar.text("u"), d, oneOf("01234567"), hex, hex),
        Grammar.sequence(
            Grammar.sequence(Grammar.text("u"), d, oneOf("89ABab"), hex, hex),
            Grammar.sequence(Grammar.text("\\u"), d, oneOf("CDEFcdef"), hex, hex)));
  }

  /** A set of characters inside a string, each written in the usual way. */
  static Grammar characters(CodePoints set) {
    List<Grammar> ways = new ArrayList<>();
    ways.add(set.without(0, 0x1F).without('"', '"').without('\\', '\\').utf8());
    for (int c : new int[] {'"', '\\'}) {
      if (set.contains(c)) {
        ways.add(Grammar.text("\\" + (char) c));
      }
    }
    for (int c = 0; c < 0x20; c++) {
      if (set.contains(c)) {
        int shortForm = "\b\t\n\f\r".indexOf(c);
        ways.add(
            shortForm >= 0
                ? Grammar.text("\\" + "btnfr".charAt(shortForm))
                : Grammar.sequence(
                    Grammar.text("\\u00" + c / 16),
                    oneOf("" + Character.forDigit(c % 16, 16) + hexUpper(c % 16))));
      }
    }
    return Grammar.either(ways);
  }

  private static char hexUpper(int digit) {
    return "0123456789ABCDEF".charAt(digit);
  }

  static Grammar quoted(Grammar content) {
    return Grammar.sequence(Grammar.text("\""), content, Grammar.text("\""));
  }

  /** A string of this very content, each character written in the usual way. */
  static Grammar string(String content) {
    return quoted(
        Grammar.sequence(
            content.codePoints().mapToObj(c -> characters(CodePoints.range(c, c))).toList()));
  }

  /** A value as it stands, with the white space that is allowed elsewhere. */
  static Grammar value(JsonNode value) {
    if (value.isTextual()) {
      return string(value.textValue());
    }
    List<Grammar> parts = new ArrayList<>();
    if (value.isObject()) {
      value
          .properties()
          .forEach(field -> parts.add(member(string(field.getKey()), value(field.getValue()))));
      return parts.isEmpty() ? emptyObject() : object(separated(parts));
    }
    if (value.isArray()) {
      value.forEach(item -> parts.add(value(item)));
      return parts.isEmpty() ? emptyArray() : array(separated(parts));
    }
    return Grammar.text(value.toString());
  }

  private static Grammar separated(List<Grammar> parts) {
    List<Grammar> all = new ArrayList<>();
    for (Grammar part : parts) {
      if (!all.isEmpty()) {
        all.add(COMMA);
      }
      all.add(part);
    }
    return Grammar.sequence(all);
  }

  static Grammar member(Grammar key, Grammar value) {
    return Grammar.sequence(key, COLON, value);
  }

  static Grammar object(Grammar members) {
    return Grammar.sequence(Grammar.text("{"), GAP, members, GAP, Grammar.text("}"));
  }

  static Grammar emptyObject() {
    return Grammar.text("{}");
  }

  static Grammar array(Grammar items) {
    return Grammar.sequence(Grammar.text("["), GAP, items, GAP, Grammar.text("]"));
  }

  static Grammar emptyArray() {
    return Grammar.text("[]");
  }
}
