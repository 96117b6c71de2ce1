package dev.luthier.tokenizer.jinja;

import dev.luthier.tokenizer.jinja.Token.Type;
import java.util.List;

/** Tokens with one look ahead. */
final class TokenStream {
  private final List<Token> tokens;
  private int pos;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(pos);
  }

  Token look() {
    return tokens.get(Math.min(pos + 1, tokens.size() - 1));
  }

  /** Returns the current token and goes to the next; stays at the end. */
  Token next() {
    Token token = current();
    pos = Math.min(pos + 1, tokens.size() - 1);
    return token;
  }

  boolean at(Type type) {
    return current().is(type);
  }

  boolean atName(String name) {
    return current().isName(name);
  }

  boolean atOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean skipName(String name) {
    boolean there = atName(name);
    if (there) {
      next();
    }
    return there;
  }

  boolean skipOperator(String operator) {
    boolean there = atOperator(operator);
    if (there) {
      next();
    }
    return there;
  }

  Token expect(Type type) {
    if (!at(type)) {
      throw unexpected(new Token(type, "name", "", 0).describe());
    }
    return next();
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  private Fault unexpected(String expected) {
    return fault("expected " + expected + ", got " + current().describe());
  }

  Fault fault(String message) {
    return new Fault(Fault.Kind.SYNTAX, message, current().line());
  }
}
