package dev.luthier.tokenizer.jinja;

import dev.luthier.tokenizer.jinja.Exprs.Arguments;
import dev.luthier.tokenizer.jinja.Token.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads expressions; each method is one level of Jinja2's precedence, loosest first. */
final class ExprParser {
  /** Jinja2 itself, and Python behind it, give up somewhat earlier. */
  private static final int MAX_DEPTH = 200;

  private static final int MAX_CHAIN = 250;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenStream tokens;
  private final Names names;
  private int depth;

  ExprParser(TokenStream tokens, Names names) {
    this.tokens = tokens;
    this.names = names;
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw tokens.fault("expressions nested more than " + MAX_DEPTH + " deep");
    }
  }

  private int chain(int length) {
    if (length > MAX_CHAIN) {
      throw tokens.fault("an expression of more than " + MAX_CHAIN + " operators in a row");
    }
    return length + 1;
  }

  Expr expression() {
    return expression(true);
  }

  Expr expression(boolean conditional) {
    enter();
    Expr e = conditional ? conditional() : or();
    depth--;
    return e;
  }

  private Expr conditional() {
    int mark = names.mark();
    int line = tokens.current().line();
    Expr e = or();
    for (int n = 0; tokens.skipName("if"); n = chain(n)) {
      Expr test = or();
      Optional<Expr> otherwise = Optional.empty();
      if (tokens.skipName("else")) {
        enter();
        otherwise = Optional.of(conditional());
        depth--;
      }
      names.forgive(mark);
      e = new Exprs.Conditional(test, e, otherwise, line);
    }
    return e;
  }

  private Expr or() {
    Expr left = and();
    for (int n = 0; tokens.skipName("or"); n = chain(n)) {
      left = new Exprs.Or(left, and());
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    for (int n = 0; tokens.skipName("and"); n = chain(n)) {
      left = new Exprs.And(left, not());
    }
    return left;
  }

  private Expr not() {
    if (!tokens.skipName("not")) {
      return compare();
    }
    enter();
    Expr operand = not();
    depth--;
    return new Exprs.Not(operand);
  }

  private Expr compare() {
    Expr first = sum();
    List<String> ops = new ArrayList<>();
    List<Expr> others = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      if (token.is(Type.OPERATOR) && COMPARISONS.contains(token.text())) {
        ops.add(tokens.next().text());
      } else if (tokens.skipName("in")) {
        ops.add("in");
      } else if (token.isName("not") && tokens.look().isName("in")) {
        tokens.next();
        tokens.next();
        ops.add("not in");
      } else {
        return ops.isEmpty() ? first : new Exprs.Compare(first, ops, others);
      }
      others.add(sum());
    }
  }

  private Expr sum() {
    Expr left = concat();
    for (int n = 0; tokens.atOperator("+") || tokens.atOperator("-"); n = chain(n)) {
      String op = tokens.next().text();
      left = new Exprs.Binary(op, left, concat());
    }
    return left;
  }

  private Expr concat() {
    Expr first = product();
    if (!tokens.atOperator("~")) {
      return first;
    }
    List<Expr> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Exprs.Concat(parts);
  }

  private Expr product() {
    Expr left = power();
    for (int n = 0;
        tokens.atOperator("*")
            || tokens.atOperator("/")
            || tokens.atOperator("//")
            || tokens.atOperator("%");
        n = chain(n)) {
      String op = tokens.next().text();
      left = new Exprs.Binary(op, left, power());
    }
    return left;
  }

  private Expr power() {
    Expr left = unary(true);
    for (int n = 0; tokens.skipOperator("**"); n = chain(n)) {
      left = new Exprs.Binary("**", left, unary(true));
    }
    return left;
  }

  private Expr unary(boolean filters) {
    Expr e;
    if (tokens.atOperator("-") || tokens.atOperator("+")) {
      enter();
      boolean minus = tokens.next().text().equals("-");
      Expr operand = unary(false);
      e = minus ? new Exprs.Negate(operand) : new Exprs.Plus(operand);
      depth--;
    } else {
      e = primary();
    }
    e = postfix(e);
    return filters ? filters(e) : e;
  }

  Expr primary() {
    Token token = tokens.current();
    switch (token.type()) {
      case NAME:
        tokens.next();
        return name(token.text());
      case STRING:
        StringBuilder text = new StringBuilder();
        while (tokens.at(Type.STRING)) {
          text.append(tokens.next().text());
        }
        return new Exprs.Const(text.toString());
      case INTEGER, FLOAT:
        return new Exprs.Const(tokens.next().value());
      default:
        break;
    }
    if (tokens.skipOperator("(")) {
      Expr e = tuple(true, Set.of(), true);
      tokens.expectOperator(")");
      return e;
    }
    if (tokens.skipOperator("[")) {
      return new Exprs.ListOf(expressionsUntil("]"));
    }
    if (tokens.skipOperator("{")) {
      return dict();
    }
    throw tokens.fault("unexpected " + token.describe());
  }

  private Expr name(String name) {
    return switch (name) {
      case "true", "True" -> new Exprs.Const(true);
      case "false", "False" -> new Exprs.Const(false);
      case "none", "None" -> new Exprs.Const(None.NONE);
      default -> {
        names.loaded(name);
        yield new Exprs.Name(name);
      }
    };
  }

  private List<Expr> expressionsUntil(String close) {
    List<Expr> items = new ArrayList<>();
    while (!tokens.atOperator(close)) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.atOperator(close)) {
          break;
        }
      }
      items.add(expression());
    }
    tokens.expectOperator(close);
    return items;
  }

  private Expr dict() {
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.atOperator("}")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.atOperator("}")) {
          break;
        }
      }
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
    }
    tokens.expectOperator("}");
    return new Exprs.DictOf(keys, values);
  }

  /**
   * One expression, or several with commas between them.
   *
   * @param conditional whether {@code a if b} may stand there
   * @param ends names that end it
   * @param parentheses whether it stands in parentheses, where it may be empty
   */
  Expr tuple(boolean conditional, Set<String> ends, boolean parentheses) {
    List<Expr> items = new ArrayList<>();
    boolean tuple = false;
    while (true) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
      }
      if (tupleEnds(ends)) {
        break;
      }
      items.add(expression(conditional));
      if (!tokens.atOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (!tuple && !items.isEmpty()) {
      return items.get(0);
    }
    if (items.isEmpty() && !parentheses) {
      throw tokens.fault("Expected an expression, got " + tokens.current().describe());
    }
    return new Exprs.TupleOf(items);
  }

  boolean tupleEnds(Set<String> ends) {
    Token token = tokens.current();
    return token.is(Type.VARIABLE_END)
        || token.is(Type.BLOCK_END)
        || token.isOperator(")")
        || token.is(Type.NAME) && ends.contains(token.text());
  }

  private Expr postfix(Expr e) {
    for (int n = 0; ; n = chain(n)) {
      if (tokens.skipOperator(".")) {
        e = member(e);
      } else if (tokens.skipOperator("[")) {
        e = subscript(e);
      } else if (tokens.atOperator("(")) {
        e = new Exprs.Call(e, arguments());
      } else {
        return e;
      }
    }
  }

  private Expr member(Expr owner) {
    Token token = tokens.next();
    if (token.is(Type.NAME)) {
      return new Exprs.Attribute(owner, token.text());
    }
    if (token.is(Type.INTEGER)) {
      return new Exprs.Item(owner, new Exprs.Const(token.value()));
    }
    throw new Fault(Fault.Kind.SYNTAX, "expected name or number", token.line());
  }

  private Expr subscript(Expr owner) {
    List<Expr> keys = new ArrayList<>();
    Optional<Exprs.Slice> slice = Optional.empty();
    while (!tokens.atOperator("]")) {
      if (!keys.isEmpty() || slice.isPresent()) {
        tokens.expectOperator(",");
      }
      Optional<Expr> start = tokens.atOperator(":") ? Optional.empty() : Optional.of(expression());
      if (start.isPresent() && !tokens.atOperator(":")) {
        keys.add(start.get());
      } else {
        slice = Optional.of(slice(owner, start));
      }
    }
    tokens.expectOperator("]");
    if (slice.isPresent()) {
      if (!keys.isEmpty()) {
        throw tokens.fault("a slice among several subscripts");
      }
      return slice.get();
    }
    return new Exprs.Item(owner, keys.size() == 1 ? keys.get(0) : new Exprs.TupleOf(keys));
  }

  private Exprs.Slice slice(Expr owner, Optional<Expr> start) {
    tokens.expectOperator(":");
    Optional<Expr> stop = bound();
    Optional<Expr> step = tokens.skipOperator(":") ? bound() : Optional.empty();
    return new Exprs.Slice(owner, start, stop, step);
  }

  private Optional<Expr> bound() {
    boolean absent = tokens.atOperator(":") || tokens.atOperator("]") || tokens.atOperator(",");
    return absent ? Optional.empty() : Optional.of(expression());
  }

  Arguments arguments() {
    Fault invalid = tokens.fault("invalid syntax for function call expression");
    tokens.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    Map<String, Expr> named = new LinkedHashMap<>();
    Optional<Expr> more = Optional.empty();
    Optional<Expr> moreNamed = Optional.empty();
    for (boolean first = true; argumentComes(first); first = false) {
      boolean key = tokens.at(Type.NAME) && tokens.look().isOperator("=");
      boolean star = tokens.atOperator("*");
      boolean plain = !key && !star && !tokens.atOperator("**");
      if (moreNamed.isPresent()
          || more.isPresent() && (star || plain)
          || plain && !named.isEmpty()) {
        throw invalid;
      }
      if (star) {
        tokens.next();
        more = Optional.of(expression());
      } else if (plain) {
        positional.add(expression());
      } else if (!key) {
        tokens.next();
        moreNamed = Optional.of(expression());
      } else {
        String name = tokens.next().text();
        tokens.next();
        if (named.put(name, expression()) != null) {
          throw tokens.fault("keyword argument repeated: " + name);
        }
      }
    }
    tokens.expectOperator(")");
    return new Arguments(positional, named, more, moreNamed);
  }

  /** Whether another argument follows; a comma may stand before the closing parenthesis. */
  private boolean argumentComes(boolean first) {
    if (!first && !tokens.atOperator(")")) {
      tokens.expectOperator(",");
    }
    return !tokens.atOperator(")");
  }

  private Expr filters(Expr e) {
    for (int n = 0; ; n = chain(n)) {
      if (tokens.skipOperator("|")) {
        e = filter(e);
      } else if (tokens.skipName("is")) {
        e = test(e);
      } else if (tokens.atOperator("(")) {
        e = new Exprs.Call(e, arguments());
      } else {
        return e;
      }
    }
  }

  /** The name and arguments of a filter, whose {@code |} has been read. */
  Expr filter(Expr operand) {
    int line = tokens.current().line();
    String name = dottedName();
    names.filter(name, line);
    return new Exprs.Filtered(operand, name, tokens.atOperator("(") ? arguments() : Arguments.NONE);
  }

  private String dottedName() {
    String name = tokens.expect(Type.NAME).text();
    while (tokens.skipOperator(".")) {
      name += "." + tokens.expect(Type.NAME).text();
    }
    return name;
  }

  private Expr test(Expr operand) {
    int line = tokens.current().line();
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    names.test(name, line);
    Arguments arguments = Arguments.NONE;
    if (tokens.atOperator("(")) {
      arguments = arguments();
    } else if (argumentFollows()) {
      if (tokens.atName("is")) {
        throw tokens.fault("You cannot chain multiple tests with is");
      }
      enter();
      Expr argument = postfix(primary());
      depth--;
      arguments = new Arguments(List.of(argument), Map.of(), Optional.empty(), Optional.empty());
    }
    Expr test = new Exprs.Tested(operand, name, arguments);
    return negated ? new Exprs.Not(test) : test;
  }

  private boolean argumentFollows() {
    Token token = tokens.current();
    return switch (token.type()) {
      case NAME -> !Set.of("else", "or", "and").contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      default -> token.isOperator("[") || token.isOperator("{");
    };
  }
}
