package dev.luthier.generate.json;

import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Regular expressions as JSON Schema has them (ECMA 262), as far as a finite automaton goes:
 * characters, classes, {@code \d \w \s} and their opposites, groups, alternatives, counts. Anchors
 * stand at the ends of the expression or of its alternatives. Looking around, references to groups,
 * word boundaries and Unicode properties are refused. A lazy count allows what a greedy one does.
 */
public final class Regex {
  private static final int MOST = 10_000;
  private static final CodePoints DIGITS = CodePoints.range('0', '9');
  private static final CodePoints WORD =
      DIGITS.or(CodePoints.range('a', 'z')).or(CodePoints.range('A', 'Z')).or(CodePoints.of("_"));
  private static final CodePoints SPACES =
      CodePoints.of(" \t\n\r\f\u000b\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
          .or(CodePoints.range(0x2000, 0x200A));
  private static final CodePoints DOT = CodePoints.of("\n\r\u2028\u2029").complement();

  private final String source;
  private final Function<CodePoints, Grammar> character;
  private int at;

  private Regex(String source, Function<CodePoints, Grammar> character) {
    this.source = source;
    this.character = character;
  }

  /**
   * Texts that it matches as a whole.
   *
   * @throws LuthierException saying what it has that is not supported, and where
   */
  public static Grammar ofText(String regex) {
    return new Regex(regex, CodePoints::utf8).whole(Grammar.EMPTY);
  }

  /**
   * What may stand in a JSON string that it matches somewhere, as {@code pattern} means it: without
   * anchors, anything may stand before and behind.
   */
  static Grammar inString(String regex) {
    Grammar anything = Grammar.repeated(JsonText.characters(CodePoints.ALL), 0, Grammar.UNBOUNDED);
    return new Regex(regex, JsonText::characters).whole(anything);
  }

  private Grammar whole(Grammar around) {
    List<Grammar> ways = new ArrayList<>();
    do {
      boolean begins = taken('^');
      Grammar way = sequence();
      boolean ends = taken('$');
      ways.add(
          Grammar.sequence(begins ? Grammar.EMPTY : around, way, ends ? Grammar.EMPTY : around));
    } while (taken('|'));
    if (at < source.length()) {
      throw wrong(peek() == ')' ? "a parenthesis closes nothing" : "an anchor stands inside");
    }
    return Grammar.either(ways);
  }

  private Grammar alternatives() {
    List<Grammar> ways = new ArrayList<>();
    do {
      ways.add(sequence());
    } while (taken('|'));
    return Grammar.either(ways);
  }

  private Grammar sequence() {
    List<Grammar> parts = new ArrayList<>();
    while (at < source.length() && "|)$^".indexOf(peek()) < 0) {
      parts.add(counted(atom()));
    }
    return Grammar.sequence(parts);
  }

  private Grammar counted(Grammar atom) {
    Grammar result = atom;
    if (taken('*')) {
      result = Grammar.repeated(atom, 0, Grammar.UNBOUNDED);
    } else if (taken('+')) {
      result = Grammar.repeated(atom, 1, Grammar.UNBOUNDED);
    } else if (taken('?')) {
      result = Grammar.optional(atom);
    } else if (peekIs('{')) {
      at++;
      int least = number();
      int most = least;
      if (taken(',')) {
        most = peekIs('}') ? Grammar.UNBOUNDED : number();
      }
      expect('}');
      if (least > most) {
        throw wrong("the counts are in the wrong order");
      }
      result = Grammar.repeated(atom, least, most);
    } else {
      return atom;
    }
    if (!taken('?') && at < source.length() && "*+{".indexOf(peek()) >= 0) {
      throw wrong("a count follows a count");
    }
    return result;
  }

  private int number() {
    int from = at;
    while (at < source.length() && peek() >= '0' && peek() <= '9' && at - from < 6) {
      at++;
    }
    int value = from == at ? -1 : Integer.parseInt(source.substring(from, at));
    if (value < 0 || value > MOST) {
      throw wrong("expected a count of at most " + MOST);
    }
    return value;
  }

  private Grammar atom() {
    if (taken('(')) {
      return group();
    }
    if (taken('[')) {
      return character.apply(set());
    }
    if (taken('.')) {
      return character.apply(DOT);
    }
    if (taken('\\')) {
      return character.apply(escape());
    }
    if ("*+?{".indexOf(peek()) >= 0) {
      throw wrong("a count has nothing before it");
    }
    return character.apply(literal());
  }

  private Grammar group() {
    if (taken('?')) {
      if (taken('<')) {
        int end = source.indexOf('>', at);
        if (end < 0 || peekIs('=') || peekIs('!')) {
          throw wrong("looking behind is not supported");
        }
        at = end + 1;
      } else if (!taken(':')) {
        throw wrong("looking ahead and flags are not supported");
      }
    }
    Grammar inner = alternatives();
    if (peekIs('$') || peekIs('^')) {
      throw wrong("an anchor stands inside a group; put it at the end of the expression");
    }
    expect(')');
    return inner;
  }

  private CodePoints set() {
    boolean negated = taken('^');
    CodePoints set = CodePoints.NONE;
    while (!peekIs(']')) {
      if (at >= source.length()) {
        throw wrong("a class is not closed");
      }
      CodePoints first = taken('\\') ? escape() : literal();
      if (peekIs('-') && at + 1 < source.length() && source.charAt(at + 1) != ']') {
        at++;
        CodePoints last = taken('\\') ? escape() : literal();
        set = set.or(CodePoints.range(single(first), single(last)));
      } else {
        set = set.or(first);
      }
    }
    at++;
    return negated ? set.complement() : set;
  }

  private int single(CodePoints set) {
    return set.only().orElseThrow(() -> wrong("a range needs single characters at its ends"));
  }

  private CodePoints literal() {
    int point = source.codePointAt(at);
    at += Character.charCount(point);
    return CodePoints.range(point, point);
  }

  private CodePoints escape() {
    if (at >= source.length()) {
      throw wrong("it ends in a backslash");
    }
    char c = source.charAt(at++);
    return switch (c) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.complement();
      case 'w' -> WORD;
      case 'W' -> WORD.complement();
      case 's' -> SPACES;
      case 'S' -> SPACES.complement();
      case 't' -> CodePoints.of("\t");
      case 'n' -> CodePoints.of("\n");
      case 'r' -> CodePoints.of("\r");
      case 'f' -> CodePoints.of("\f");
      case 'v' -> CodePoints.of("\u000b");
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      default -> {
        if (Character.isLetterOrDigit(c)) {
          throw wrong("\\" + c + " is not supported");
        }
        at--;
        yield literal();
      }
    };
  }

  private CodePoints hex(int digits) {
    try {
      int point = Integer.parseInt(source.substring(at, at + digits), 16);
      at += digits;
      return CodePoints.range(point, point);
    } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
      throw wrong("expected " + digits + " hexadecimal digits");
    }
  }

  private char peek() {
    return source.charAt(at);
  }

  private boolean peekIs(char c) {
    return at < source.length() && source.charAt(at) == c;
  }

  private boolean taken(char c) {
    boolean there = peekIs(c);
    at += there ? 1 : 0;
    return there;
  }

  private void expect(char c) {
    if (!taken(c)) {
      throw wrong("expected " + c);
    }
  }

  private LuthierException wrong(String what) {
    return new LuthierException(
        "the regular expression " + source + " at character " + (at + 1) + ": " + what);
  }
}
