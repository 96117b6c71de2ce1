package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.List;

/** A template's source to tokens, as {@code text/template/parse/lex.go} cuts it. */
final class Lexer {
  private static final String SPACE = " \t\r\n";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    boolean trim = false;
    while (true) {
      int open = source.indexOf("{{", at);
      String text = source.substring(at, open < 0 ? source.length() : open);
      boolean trimNext = open >= 0 && isTrim(open + 2);
      add(Token.Kind.TEXT, trimmed(text, trim, trimNext), false);
      count(text);
      at += text.length();
      if (open < 0) {
        add(Token.Kind.END, "", false);
        return;
      }
      at += trimNext ? 4 : 2;
      if (trimNext) {
        // The marker's own white space may be a line's end.
        count(source.substring(at - 1, at));
      }
      trim = source.startsWith("/*", at) ? comment() : action();
    }
  }

  private boolean isTrim(int from) {
    return from + 1 < source.length()
        && source.charAt(from) == '-'
        && SPACE.indexOf(source.charAt(from + 1)) >= 0;
  }

  private static String trimmed(String text, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && SPACE.indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    while (right && end > start && SPACE.indexOf(text.charAt(end - 1)) >= 0) {
      end--;
    }
    return text.substring(start, end);
  }

  /** Passes over a comment and its delimiter; returns whether that trims. */
  private boolean comment() {
    int end = source.indexOf("*/", at);
    if (end < 0) {
      throw error("unclosed comment");
    }
    count(source.substring(at, end + 2));
    at = end + 2;
    boolean trims = closesTrimming();
    if (!trims && !source.startsWith("}}", at)) {
      throw error("comment ends before closing delimiter");
    }
    at += trims ? 4 : 2;
    return trims;
  }

  private boolean closesTrimming() {
    return at < source.length()
        && SPACE.indexOf(source.charAt(at)) >= 0
        && source.startsWith("-}}", at + 1);
  }

  private boolean action() {
    add(Token.Kind.OPEN, "{{", false);
    boolean spaced = false;
    while (true) {
      if (at >= source.length()) {
        throw error("unclosed action");
      }
      if (closesTrimming()) {
        count(source.substring(at, at + 1));
        at += 4;
        add(Token.Kind.CLOSE, "}}", spaced);
        return true;
      }
      if (source.startsWith("}}", at)) {
        at += 2;
        add(Token.Kind.CLOSE, "}}", spaced);
        return false;
      }
      char c = source.charAt(at);
      if (SPACE.indexOf(c) >= 0) {
        count(String.valueOf(c));
        at++;
        spaced = true;
      } else {
        token(c, spaced);
        spaced = false;
      }
    }
  }

  private void token(char c, boolean spaced) {
    if (source.startsWith(":=", at)) {
      sign(":=", spaced);
    } else if ("|(),=".indexOf(c) >= 0) {
      sign(String.valueOf(c), spaced);
    } else if (c == '"' || c == '\'' || c == '`') {
      int end = Literals.end(source, at);
      if (end < 0) {
        throw error("unterminated " + (c == '\'' ? "character" : "quoted string") + " constant");
      }
      String raw = source.substring(at, end);
      add(c == '\'' ? Token.Kind.CHAR : Token.Kind.STRING, literal(raw), spaced);
      count(raw);
      at = end;
    } else if (c == '.' && !digit(at + 1)) {
      int end = word(at + 1);
      add(end == at + 1 ? Token.Kind.DOT : Token.Kind.FIELD, source.substring(at + 1, end), spaced);
      at = end;
    } else if (c == '$') {
      int end = word(at + 1);
      add(Token.Kind.VARIABLE, source.substring(at, end), spaced);
      at = end;
    } else if (digit(at) || "+-.".indexOf(c) >= 0) {
      int end = number(at + 1);
      add(Token.Kind.NUMBER, source.substring(at, end), spaced);
      at = end;
    } else {
      int end = word(at);
      if (end == at) {
        throw error("unexpected character '" + c + "' in an action");
      }
      add(Token.Kind.WORD, source.substring(at, end), spaced);
      at = end;
    }
  }

  private String literal(String raw) {
    try {
      return Literals.value(raw);
    } catch (IllegalArgumentException e) {
      throw error(String.valueOf(e.getMessage()));
    }
  }

  private void sign(String text, boolean spaced) {
    add(Token.Kind.SIGN, text, spaced);
    at += text.length();
  }

  private boolean digit(int i) {
    return i < source.length() && source.charAt(i) >= '0' && source.charAt(i) <= '9';
  }

  private int word(int from) {
    int end = from;
    while (end < source.length() && isWord(source.charAt(end))) {
      end++;
    }
    return end;
  }

  private int number(int from) {
    int end = from;
    while (end < source.length()
        && (isWord(source.charAt(end))
            || source.charAt(end) == '.'
            || "+-".indexOf(source.charAt(end)) >= 0
                && "eEpP".indexOf(source.charAt(end - 1)) >= 0)) {
      end++;
    }
    return end;
  }

  /** Bytes of letters beyond ASCII count as letters. */
  private static boolean isWord(char c) {
    return c == '_'
        || c >= '0' && c <= '9'
        || c >= 'A' && c <= 'Z'
        || c >= 'a' && c <= 'z'
        || c > 127;
  }

  private void add(Token.Kind kind, String text, boolean spaced) {
    tokens.add(new Token(kind, text, line, spaced));
  }

  private void count(String text) {
    line += (int) text.chars().filter(c -> c == '\n').count();
  }

  private GoTemplateException error(String message) {
    return new GoTemplateException(line, message);
  }
}
