package dev.luthier.tokenizer.jinja;

import dev.luthier.tokenizer.jinja.Token.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens, with {@code trim_blocks} and {@code lstrip_blocks} on: a newline
 * after a block or comment goes, and so does white space between the start of a line and a block or
 * comment, unless {@code +} keeps it; {@code -} takes all white space on its side.
 */
final class Lexer {
  private static final String NAME_JOINERS = "\u00b7\u0387\u203f\u2040\u2054";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private final Deque<Character> open = new ArrayDeque<>();
  private int pos;
  private int line = 1;
  private boolean lineStarting = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokenize(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    if (text.endsWith("\n")) {
      text = text.substring(0, text.length() - 1);
    }
    Lexer lexer = new Lexer(text);
    lexer.root();
    lexer.tokens.add(new Token(Type.EOF, "", "", lexer.line));
    return lexer.tokens;
  }

  private void root() {
    while (pos < source.length()) {
      int tag = nextTag(pos);
      if (tag < 0) {
        data(source.substring(pos));
        pos = source.length();
        return;
      }
      String text = source.substring(pos, tag);
      char kind = source.charAt(tag + 1);
      int after = tag + 2;
      char sign = signAt(after);
      int contents = sign == 0 ? after : after + 1;
      int raw = kind == '%' ? rawBegin(contents) : -1;
      int begin = line + newlines(text);
      data(strip(text, sign, kind == '{'));
      line = begin;
      if (raw >= 0) {
        advanceTo(tag, raw);
        raw();
      } else {
        advanceTo(tag, contents);
        switch (kind) {
          case '#' -> comment();
          case '%' -> tag(Type.BLOCK_BEGIN, Type.BLOCK_END);
          default -> tag(Type.VARIABLE_BEGIN, Type.VARIABLE_END);
        }
      }
    }
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  private char signAt(int at) {
    return at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')
        ? source.charAt(at)
        : 0;
  }

  /** What stays of the text before a tag. */
  private String strip(String text, char sign, boolean variable) {
    if (sign == '-') {
      return Str.strip(text, false, true);
    }
    if (sign == '+' || variable) {
      return text;
    }
    int lineStart = text.lastIndexOf('\n') + 1;
    if (lineStart == 0 && !lineStarting) {
      return text;
    }
    return lineStart < text.length() && Str.isSpace(text.substring(lineStart))
        ? text.substring(0, lineStart)
        : text;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Type.DATA, text, text, line));
    }
  }

  private int newlines(String text) {
    int n = 0;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      n++;
    }
    return n;
  }

  /** Moves on to {@code end}; the match that ends there began at {@code start}. */
  private void advanceTo(int start, int end) {
    line += newlines(source.substring(start, end));
    lineStarting = end > 0 && source.charAt(end - 1) == '\n';
    pos = end;
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < source.length() && Str.isSpace(source.charAt(i))) {
      i++;
    }
    return i;
  }

  /** Where {@code raw %}} after a block's beginning ends, or -1 if it is not a raw block. */
  private int rawBegin(int from) {
    int i = skipSpace(from);
    if (!source.startsWith("raw", i)) {
      return -1;
    }
    i = skipSpace(i + 3);
    if (source.startsWith("-%}", i)) {
      return skipSpace(i + 3);
    }
    return source.startsWith("%}", i) ? i + 2 : -1;
  }

  private void raw() {
    for (int i = source.indexOf("{%", pos); i >= 0; i = source.indexOf("{%", i + 1)) {
      char sign = signAt(i + 2);
      int name = skipSpace(sign == 0 ? i + 2 : i + 3);
      if (!source.startsWith("endraw", name)) {
        continue;
      }
      int end = blockEnd(skipSpace(name + 6));
      if (end >= 0) {
        String text = source.substring(pos, i);
        int begin = line + newlines(text);
        data(strip(text, sign, false));
        line = begin;
        advanceTo(i, end);
        return;
      }
    }
    if (pos < source.length()) { // Jinja2 lets a tag that nothing follows go
      throw fault("Missing end of raw directive");
    }
  }

  private void comment() {
    int end = source.indexOf("#}", pos);
    if (end < 0 && pos == source.length()) {
      return; // Jinja2 lets a tag that nothing follows go
    }
    if (end < 0) {
      throw fault("Missing end of comment tag");
    }
    char sign = end > pos ? source.charAt(end - 1) : 0;
    int after = end + 2;
    if (sign == '-') {
      after = skipSpace(after);
    } else if (sign != '+' && after < source.length() && source.charAt(after) == '\n') {
      after++;
    }
    advanceTo(pos, after);
  }

  /** Where a block's end that stands at {@code at} ends, or -1 if none stands there. */
  private int blockEnd(int at) {
    if (source.startsWith("+%}", at)) {
      return at + 3;
    }
    if (source.startsWith("-%}", at)) {
      return skipSpace(at + 3);
    }
    if (source.startsWith("%}", at)) {
      return at + 2 < source.length() && source.charAt(at + 2) == '\n' ? at + 3 : at + 2;
    }
    return -1;
  }

  private int variableEnd(int at) {
    if (source.startsWith("-}}", at)) {
      return skipSpace(at + 3);
    }
    return source.startsWith("}}", at) ? at + 2 : -1;
  }

  private void tag(Type begin, Type endType) {
    tokens.add(new Token(begin, "", "", line));
    open.clear();
    while (pos < source.length()) {
      if (open.isEmpty()) {
        int end = endType == Type.BLOCK_END ? blockEnd(pos) : variableEnd(pos);
        if (end >= 0) {
          tokens.add(new Token(endType, "", "", line));
          advanceTo(pos, end);
          return;
        }
      }
      char c = source.charAt(pos);
      if (Str.isSpace(c)) {
        advanceTo(pos, skipSpace(pos));
      } else if (c >= '0' && c <= '9') {
        number();
      } else if (isNamePart(source.codePointAt(pos))) {
        name();
      } else if (c == '\'' || c == '"') {
        string(c);
      } else {
        operator();
      }
    }
  }

  private static boolean isNamePart(int c) {
    return c == '_'
        || Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c)
        || Character.isLetterOrDigit(c)
        || NAME_JOINERS.indexOf(c) >= 0;
  }

  private void name() {
    int end = pos;
    while (end < source.length() && isNamePart(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    String text = source.substring(pos, end);
    int first = text.codePointAt(0);
    if (first != '_' && !Character.isUnicodeIdentifierStart(first)) {
      throw fault("Invalid character in identifier");
    }
    tokens.add(new Token(Type.NAME, text.intern(), text, line));
    advanceTo(pos, end);
  }

  private void number() {
    boolean afterDot = pos > 0 && source.charAt(pos - 1) == '.';
    int end = afterDot ? -1 : NumberLiterals.floatEnd(source, pos);
    if (end >= 0) {
      String text = source.substring(pos, end);
      tokens.add(new Token(Type.FLOAT, text, NumberLiterals.floatValue(text), line));
    } else {
      end = NumberLiterals.integerEnd(source, pos);
      String text = source.substring(pos, end);
      tokens.add(new Token(Type.INTEGER, text, integer(text), line));
    }
    advanceTo(pos, end);
  }

  private Object integer(String text) {
    try {
      return NumberLiterals.integerValue(text);
    } catch (Fault e) {
      throw e.at(line);
    }
  }

  private void string(char quote) {
    int end = pos + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw fault(
          "unexpected char "
              + Repr.quote(String.valueOf(quote))
              + " at "
              + pos
              + " (a string that does not end)");
    }
    String value;
    try {
      value = StringLiterals.unescape(source.substring(pos + 1, end));
    } catch (Fault e) {
      throw e.at(line);
    }
    tokens.add(new Token(Type.STRING, value, value, line));
    advanceTo(pos, end + 1);
  }

  private void operator() {
    String text = null;
    for (String candidate : new String[] {"//", "**", "==", "!=", ">=", "<="}) {
      if (source.startsWith(candidate, pos)) {
        text = candidate;
      }
    }
    char c = source.charAt(pos);
    if (text == null) {
      if ("+-/*%~[](){}><=.:|,;".indexOf(c) < 0) {
        throw fault(
            "unexpected char "
                + Repr.quote(Character.toString(source.codePointAt(pos)))
                + " at "
                + pos);
      }
      text = String.valueOf(c).intern();
    }
    balance(c);
    tokens.add(new Token(Type.OPERATOR, text, text, line));
    advanceTo(pos, pos + text.length());
  }

  private void balance(char c) {
    switch (c) {
      case '{' -> open.push('}');
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '}', ')', ']' -> {
        if (open.isEmpty()) {
          throw fault("unexpected '" + c + "'");
        }
        char expected = open.pop();
        if (expected != c) {
          throw fault("unexpected '" + c + "', expected '" + expected + "'");
        }
      }
      default -> {}
    }
  }

  private Fault fault(String message) {
    return new Fault(Fault.Kind.SYNTAX, message, line);
  }
}
