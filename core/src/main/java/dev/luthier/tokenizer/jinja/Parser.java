package dev.luthier.tokenizer.jinja;

import dev.luthier.tokenizer.jinja.Stmts.MacroDef;
import dev.luthier.tokenizer.jinja.Stmts.Target;
import dev.luthier.tokenizer.jinja.Token.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads statements. */
final class Parser {
  /** As deep as Python lets the code nest that Jinja2 makes of a template. */
  private static final int MAX_DEPTH = 100;

  private static final Set<String> CONSTANTS =
      Set.of("true", "false", "none", "True", "False", "None");

  private final TokenStream tokens;
  private final Names names = new Names();
  private final ExprParser expressions;
  private int depth;
  private int loops;
  private int forStatements;

  private Parser(List<Token> tokens) {
    this.tokens = new TokenStream(tokens);
    this.expressions = new ExprParser(this.tokens, names);
  }

  /** A template's statements and the names that they set. */
  record Parsed(List<Stmt> body, Frame frame) {}

  static Parsed parse(String source) {
    Parser parser = new Parser(Lexer.tokenize(source));
    List<Stmt> body = parser.statements(Set.of(), "");
    parser.names.check();
    return new Parsed(body, parser.names.frame());
  }

  /** Reads up to a tag of one of the given names, which stays the current token. */
  private List<Stmt> statements(Set<String> ends, String opened) {
    if (++depth > MAX_DEPTH) {
      throw tokens.fault("statements nested more than " + MAX_DEPTH + " deep");
    }
    List<Stmt> body = new ArrayList<>();
    while (!tokens.at(Type.EOF)) {
      Token token = tokens.next();
      if (token.is(Type.DATA)) {
        body.add(new Stmts.Data(token.text()));
      } else if (token.is(Type.VARIABLE_BEGIN)) {
        Expr value = expressions.tuple(true, Set.of(), false);
        tokens.expect(Type.VARIABLE_END);
        body.add(new Stmts.Print(value, token.line()));
      } else {
        if (tokens.at(Type.NAME) && ends.contains(tokens.current().text())) {
          depth--;
          return body;
        }
        body.addAll(statement(ends, opened));
        tokens.expect(Type.BLOCK_END);
      }
    }
    if (!ends.isEmpty()) {
      throw tokens.fault(
          "Unexpected end of template. Jinja was looking for the following tags: "
              + String.join(" or ", ends.stream().sorted().toList())
              + ". The innermost block that needs to be closed is '"
              + opened
              + "'");
    }
    depth--;
    return body;
  }

  /** The body of a tag whose head has been read; reads the closing tag's name too. */
  private List<Stmt> body(String tag) {
    List<Stmt> body = open(Set.of("end" + tag), tag);
    tokens.next();
    return body;
  }

  private List<Stmt> open(Set<String> ends, String tag) {
    tokens.skipOperator(":");
    tokens.expect(Type.BLOCK_END);
    return statements(ends, tag);
  }

  /**
   * Reads a scope of its own, in which unknown filters are errors and, where it is a function,
   * loops end.
   */
  private <T> T inner(boolean function, Function<Frame, T> read) {
    boolean lenient = names.lenient(false);
    int outerLoops = loops;
    if (function) {
      loops = 0;
    }
    T result = read.apply(names.enter());
    names.leave();
    loops = outerLoops;
    names.lenient(lenient);
    return result;
  }

  private List<Stmt> statement(Set<String> ends, String opened) {
    Token tag = tokens.current();
    if (!tag.is(Type.NAME)) {
      throw tokens.fault("tag name expected");
    }
    tokens.next();
    int line = tag.line();
    return switch (tag.text()) {
      case "if" -> List.of(ifStatement(line));
      case "for" -> List.of(forStatement(line));
      case "set" -> List.of(set(line));
      case "macro" -> List.of(macro());
      case "call" -> List.of(call(line));
      case "filter" -> List.of(filterBlock(line));
      case "with" -> List.of(with(line));
      case "generation" -> List.of(generation());
      case "break" -> List.of(jump(Stmt.Flow.BREAK, tag));
      case "continue" -> List.of(jump(Stmt.Flow.CONTINUE, tag));
      case "print" -> print(line);
      case "autoescape" -> List.of(autoEscape(line));
      case "block" -> List.of(block());
      case "include", "import", "from", "extends" -> List.of(otherTemplate(tag));
      default ->
          throw new Fault(
              Fault.Kind.SYNTAX,
              "Encountered unknown tag '"
                  + tag.text()
                  + "'."
                  + (ends.isEmpty()
                      ? ""
                      : " Jinja was looking for the following tags: "
                          + String.join(" or ", ends.stream().sorted().toList())
                          + ". The innermost block that needs to be closed is '"
                          + opened
                          + "'"),
              line);
    };
  }

  private Stmt generation() {
    return inner(true, frame -> new Stmts.Generation(body("generation"), frame));
  }

  private Stmt ifStatement(int firstLine) {
    boolean lenient = names.lenient(true);
    List<Stmts.Branch> branches = new ArrayList<>();
    List<Stmt> otherwise = List.of();
    int line = firstLine;
    while (true) {
      Expr test = expressions.tuple(false, Set.of(), false);
      names.frame().enterBranch();
      branches.add(new Stmts.Branch(test, open(Set.of("elif", "else", "endif"), "if"), line));
      Token end = tokens.next();
      line = end.line();
      if (end.isName("else")) {
        otherwise = body("if");
      }
      names.frame().leaveBranch();
      if (!end.isName("elif")) {
        names.lenient(lenient);
        return new Stmts.If(branches, otherwise);
      }
    }
  }

  /** The body of a loop as read: what it is, and whether it mentions {@code loop}. */
  private record LoopBody(List<Stmt> statements, Frame frame, boolean usesLoop) {}

  private Stmt forStatement(int line) {
    forStatements++;
    List<String> stored = new ArrayList<>();
    Target target = target(Set.of("in"), false, stored);
    tokens.expectName("in");
    Expr elements = expressions.tuple(false, Set.of("recursive"), false);
    Optional<Expr> filter = Optional.empty();
    if (tokens.skipName("if")) {
      filter =
          inner(
              false,
              frame -> {
                stored.forEach(frame::loaded);
                return Optional.of(expressions.expression());
              });
    }
    boolean recursive = tokens.skipName("recursive");
    LoopBody body = inner(recursive, frame -> loopBody(frame, stored));
    boolean otherwise = tokens.next().isName("else");
    LoopBody rest =
        inner(recursive, frame -> new LoopBody(otherwise ? body("for") : List.of(), frame, false));
    forStatements--;
    return new ForStmt(
        target,
        elements,
        filter,
        recursive,
        body.statements(),
        rest.statements(),
        body.frame(),
        rest.frame(),
        body.usesLoop(),
        line);
  }

  private LoopBody loopBody(Frame frame, List<String> stored) {
    loops++;
    stored.forEach(frame::loaded);
    frame.loaded("loop");
    Names.Mentions mentions = names.open();
    List<Stmt> statements = open(Set.of("endfor", "else"), "for");
    names.close();
    return new LoopBody(statements, frame, mentions.has("loop"));
  }

  private Stmt set(int line) {
    List<String> stored = new ArrayList<>();
    Target target = target(Set.of(), true, stored);
    Stmt result =
        tokens.skipOperator("=")
            ? new Stmts.Assign(target, expressions.tuple(true, Set.of(), false), line)
            : inner(
                false,
                frame -> {
                  Expr filtered = new Exprs.Captured();
                  while (tokens.skipOperator("|")) {
                    filtered = expressions.filter(filtered);
                  }
                  return new Stmts.AssignBlock(target, filtered, body("set"), frame, line);
                });
    stored.forEach(names::stored);
    return result;
  }

  /** Names, or names in parentheses and with commas, or attributes of namespaces if allowed. */
  private Target target(Set<String> ends, boolean members, List<String> stored) {
    List<Target> parts = new ArrayList<>();
    boolean tuple = false;
    while (true) {
      if (!parts.isEmpty()) {
        tokens.expectOperator(",");
      }
      if (expressions.tupleEnds(ends)) {
        break;
      }
      parts.add(singleTarget(members, stored));
      if (!tokens.atOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (parts.isEmpty()) {
      throw tokens.fault("Expected an expression, got " + tokens.current().describe());
    }
    return tuple ? new Stmts.TupleTarget(parts) : parts.get(0);
  }

  private Target singleTarget(boolean members, List<String> stored) {
    if (tokens.skipOperator("(")) {
      if (++depth > MAX_DEPTH) {
        throw tokens.fault("targets nested more than " + MAX_DEPTH + " deep");
      }
      Target target = target(Set.of(), false, stored);
      tokens.expectOperator(")");
      depth--;
      return target;
    }
    if (!tokens.at(Type.NAME) || CONSTANTS.contains(tokens.current().text())) {
      throw tokens.fault("can't assign to " + tokens.current().describe());
    }
    String name = tokens.next().text();
    if (members && tokens.skipOperator(".")) {
      names.loaded(name);
      return new Stmts.MemberTarget(name, tokens.expect(Type.NAME).text());
    }
    if (forStatements > 0 && name.equals("loop")) {
      throw tokens.fault("Can't assign to special loop variable in for-loop target");
    }
    stored.add(name);
    return new Stmts.NameTarget(name);
  }

  private Stmt macro() {
    String name = plainName();
    Stmt result = new Stmts.Define(function(name, "macro", Optional.empty()));
    names.stored(name);
    return result;
  }

  private String plainName() {
    Token token = tokens.expect(Type.NAME);
    if (CONSTANTS.contains(token.text())) {
      throw new Fault(Fault.Kind.SYNTAX, "can't assign to " + token.describe(), token.line());
    }
    return token.text();
  }

  /** The signature and body of a macro or, where a signature is given already, a call block. */
  private MacroDef function(String name, String tag, Optional<Signature> given) {
    return inner(
        true,
        frame -> {
          Signature signature = given.orElseGet(this::signature);
          signature.parameters().forEach(frame::loaded);
          List.of("caller", "kwargs", "varargs").forEach(frame::loaded);
          Names.Mentions mentions = names.open();
          List<Stmt> body = body(tag);
          names.close();
          List<String> parameters = signature.parameters();
          int caller = parameters.indexOf("caller");
          if (mentions.has("caller") && caller >= 0 && signature.defaults().get(caller).isEmpty()) {
            throw tokens.fault(
                "When defining macros or call blocks the special \"caller\" argument must be"
                    + " omitted or be given a default.");
          }
          return new MacroDef(
              name,
              parameters,
              signature.defaults(),
              body,
              frame,
              mentions.has("caller"),
              mentions.has("kwargs") && !parameters.contains("kwargs"),
              mentions.has("varargs") && !parameters.contains("varargs"));
        });
  }

  private record Signature(List<String> parameters, List<Optional<Expr>> defaults) {}

  private Signature signature() {
    List<String> parameters = new ArrayList<>();
    List<Optional<Expr>> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.atOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      String name = plainName();
      if (parameters.contains(name)) {
        throw tokens.fault("duplicate argument '" + name + "' in a macro's definition");
      }
      parameters.add(name);
      if (tokens.skipOperator("=")) {
        defaults.add(Optional.of(expressions.expression()));
      } else if (!defaults.isEmpty() && defaults.get(defaults.size() - 1).isPresent()) {
        throw tokens.fault("non-default argument follows default argument");
      } else {
        defaults.add(Optional.empty());
      }
    }
    tokens.expectOperator(")");
    return new Signature(parameters, defaults);
  }

  private Stmt call(int line) {
    Signature signature =
        tokens.atOperator("(")
            ? inner(true, frame -> signature())
            : new Signature(List.of(), List.of());
    if (!(expressions.expression() instanceof Exprs.Call call)) {
      throw new Fault(Fault.Kind.SYNTAX, "expected call", line);
    }
    MacroDef caller = function("", "call", Optional.of(signature));
    return new Stmts.CallBlock(call.callee(), call.arguments(), caller, line);
  }

  private Stmt filterBlock(int line) {
    boolean lenient = names.lenient(false);
    Expr chain = expressions.filter(new Exprs.Captured());
    while (tokens.skipOperator("|")) {
      chain = expressions.filter(chain);
    }
    names.lenient(lenient);
    Expr filtered = chain;
    return inner(false, frame -> new Stmts.FilterBlock(filtered, body("filter"), frame, line));
  }

  private Stmt with(int line) {
    List<Target> targets = new ArrayList<>();
    List<String> stored = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.at(Type.BLOCK_END)) {
      if (!targets.isEmpty()) {
        tokens.expectOperator(",");
      }
      targets.add(target(Set.of(), false, stored));
      tokens.expectOperator("=");
      values.add(expressions.expression());
    }
    return inner(
        false,
        frame -> {
          stored.forEach(frame::loaded);
          return new Stmts.With(targets, values, body("with"), frame, line);
        });
  }

  private Stmt jump(Stmt.Flow flow, Token tag) {
    if (loops == 0) {
      throw new Fault(Fault.Kind.SYNTAX, "'" + tag.text() + "' outside loop", tag.line());
    }
    return new Stmts.Jump(flow);
  }

  private List<Stmt> print(int line) {
    List<Stmt> values = new ArrayList<>();
    while (!tokens.at(Type.BLOCK_END)) {
      if (!values.isEmpty()) {
        tokens.expectOperator(",");
      }
      values.add(new Stmts.Print(expressions.expression(), line));
    }
    return values;
  }

  private Stmt autoEscape(int line) {
    Expr on = expressions.expression();
    return inner(false, frame -> new Stmts.AutoEscape(on, body("autoescape"), frame, line));
  }

  private Stmt block() {
    String name = tokens.expect(Type.NAME).text();
    boolean scoped = tokens.skipName("scoped");
    tokens.skipName("required");
    Stmt block = inner(true, frame -> new Stmts.Scoped(body("block"), scoped, frame));
    tokens.skipName(name);
    return block;
  }

  private Stmt otherTemplate(Token tag) {
    while (!tokens.at(Type.BLOCK_END) && !tokens.at(Type.EOF)) {
      tokens.next();
    }
    return new Stmts.Missing(tag.text(), tag.line());
  }
}
