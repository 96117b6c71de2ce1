package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tokens to the templates of a source: the main one under the empty name, and those it defines. */
final class Parser {
  private static final Set<String> KEYWORDS =
      Set.of(
          "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue");

  private final List<Token> tokens;
  private final Set<String> functions;
  private final Map<String, List<Node>> templates = new LinkedHashMap<>();
  private int at;
  private int loops;

  private Parser(List<Token> tokens, Set<String> functions) {
    this.tokens = tokens;
    this.functions = functions;
  }

  static Map<String, List<Node>> templates(String source, Set<String> functions) {
    Parser parser = new Parser(Lexer.tokens(source), functions);
    List<Node> main = parser.list();
    if (parser.peek().kind() != Token.Kind.END) {
      throw parser.error("unexpected {{" + parser.tokens.get(parser.at + 1).text() + "}}");
    }
    parser.templates.put("", main);
    return parser.templates;
  }

  private Token peek() {
    return tokens.get(at);
  }

  private Token next() {
    return tokens.get(at++);
  }

  private GoTemplateException error(String message) {
    return new GoTemplateException(peek().line(), message);
  }

  /** Nodes up to an {@code else}, an {@code end} or the source's. */
  private List<Node> list() {
    List<Node> nodes = new ArrayList<>();
    while (true) {
      Token token = peek();
      if (token.kind() == Token.Kind.TEXT) {
        at++;
        if (!token.text().isEmpty()) {
          nodes.add(new Node.Text(token.text()));
        }
      } else if (token.kind() == Token.Kind.END || atWord("else") || atWord("end")) {
        return nodes;
      } else {
        at++;
        Node node = action();
        if (node != null) {
          nodes.add(node);
        }
      }
    }
  }

  private boolean atWord(String word) {
    return peek().kind() == Token.Kind.OPEN && tokens.get(at + 1).is(Token.Kind.WORD, word);
  }

  private @Nullable Node action() {
    Token first = peek();
    if (first.kind() == Token.Kind.WORD && KEYWORDS.contains(first.text())) {
      at++;
      return switch (first.text()) {
        case "if" -> branch(false);
        case "with" -> branch(true);
        case "range" -> range(first.line());
        case "define" -> define();
        case "template" -> call(first.line());
        case "block" -> block(first.line());
        default -> jump(first);
      };
    }
    Pipe pipe = pipe(false);
    close();
    return new Node.Action(pipe);
  }

  private Node jump(Token word) {
    close();
    if (loops == 0) {
      throw error("{{" + word.text() + "}} outside {{range}}");
    }
    return new Node.Jump(word.text().equals("break") ? Node.Flow.BREAK : Node.Flow.CONTINUE);
  }

  private Node branch(boolean with) {
    Pipe pipe = pipe(false);
    close();
    List<Node> then = list();
    return new Node.Branch(with, pipe, then, rest(true));
  }

  private Node range(int line) {
    Pipe pipe = pipe(true);
    close();
    loops++;
    List<Node> body = list();
    loops--;
    return new Node.Range(pipe, body, rest(false), line);
  }

  /** What follows a body: nothing, an else, or an else with a condition of its own. */
  private List<Node> rest(boolean chains) {
    if (peek().kind() == Token.Kind.END) {
      throw error("unexpected EOF");
    }
    at++;
    Token word = next();
    if (word.text().equals("end")) {
      close();
      return List.of();
    }
    Token chained = peek();
    if (chains && (chained.is(Token.Kind.WORD, "if") || chained.is(Token.Kind.WORD, "with"))) {
      at++;
      return List.of(branch(chained.text().equals("with")));
    }
    close();
    List<Node> otherwise = list();
    end();
    return otherwise;
  }

  private void end() {
    if (!atWord("end")) {
      throw error("expected {{end}}");
    }
    at += 2;
    close();
  }

  private @Nullable Node define() {
    String name = name();
    close();
    templates.put(name, list());
    end();
    return null;
  }

  private String name() {
    Token token = next();
    if (token.kind() != Token.Kind.STRING) {
      throw error("expected a template's name, found " + token.text());
    }
    return token.text();
  }

  private Node call(int line) {
    String name = name();
    Pipe pipe = peek().kind() == Token.Kind.CLOSE ? null : pipe(false);
    close();
    return new Node.Call(name, pipe, line);
  }

  private Node block(int line) {
    String name = name();
    Pipe pipe = pipe(false);
    close();
    templates.put(name, list());
    end();
    return new Node.Call(name, pipe, line);
  }

  private void close() {
    if (peek().kind() != Token.Kind.CLOSE) {
      throw error("unexpected " + peek().text() + " in an action");
    }
    at++;
  }

  private boolean sign(String text) {
    if (peek().is(Token.Kind.SIGN, text)) {
      at++;
      return true;
    }
    return false;
  }

  /** A pipeline, with the variables that take its value. */
  private Pipe pipe(boolean two) {
    int line = peek().line();
    List<String> variables = new ArrayList<>();
    boolean declares = false;
    if (peek().kind() == Token.Kind.VARIABLE) {
      int mark = at;
      variables.add(next().text());
      if (two && sign(",")) {
        variables.add(next().text());
      }
      declares = sign(":=");
      if (!declares && !sign("=")) {
        variables.clear();
        at = mark;
      }
    }
    List<Command> commands = new ArrayList<>();
    do {
      commands.add(command());
    } while (sign("|"));
    return new Pipe(variables, declares, commands, line);
  }

  private Command command() {
    int line = peek().line();
    List<Operand> operands = new ArrayList<>();
    while (peek().kind() != Token.Kind.CLOSE
        && !peek().is(Token.Kind.SIGN, "|")
        && !peek().is(Token.Kind.SIGN, ")")) {
      operands.add(operand());
    }
    if (operands.isEmpty()) {
      throw error("missing value for command");
    }
    return new Command(operands, line);
  }

  /** A value with the fields that follow it without a space. */
  private Operand operand() {
    Token first = peek();
    Operand value = term();
    List<String> fields = new ArrayList<>();
    if (first.kind() == Token.Kind.FIELD) {
      fields.add(first.text());
    }
    while (peek().kind() == Token.Kind.FIELD && !peek().spaced()) {
      fields.add(next().text());
    }
    return fields.isEmpty() ? value : new Operand.Fields(value, fields, first.line());
  }

  private Operand term() {
    Token token = next();
    return switch (token.kind()) {
      case DOT, FIELD -> new Operand.Dot();
      case VARIABLE -> new Operand.Variable(token.text(), token.line());
      case STRING -> new Operand.Constant(token.text());
      case CHAR -> new Operand.Constant(Literals.codePoint(token.text()));
      case NUMBER -> new Operand.Constant(number(token));
      case WORD -> word(token);
      default -> nested(token);
    };
  }

  private Operand nested(Token token) {
    if (!token.is(Token.Kind.SIGN, "(")) {
      at--;
      throw error("unexpected " + token.text() + " in an action");
    }
    Pipe inner = pipe(false);
    if (!sign(")")) {
      throw error("unclosed left paren");
    }
    return new Operand.Nested(inner);
  }

  private Object number(Token token) {
    try {
      return Literals.number(token.text());
    } catch (NumberFormatException e) {
      throw new GoTemplateException(token.line(), "bad number syntax: " + token.text());
    }
  }

  private Operand word(Token token) {
    switch (token.text()) {
      case "true":
        return new Operand.Constant(true);
      case "false":
        return new Operand.Constant(false);
      case "nil":
        return new Operand.Constant(null);
      default:
        break;
    }
    if (!functions.contains(token.text())) {
      throw new GoTemplateException(token.line(), "function \"" + token.text() + "\" not defined");
    }
    return new Operand.Function(token.text(), token.line());
  }
}
