package dev.luthier.tokenizer.jinja;

import java.util.Objects;

/** A failure inside the engine, before it is known where. */
final class Fault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, by the exception that Python would have raised. */
  enum Kind {
    SYNTAX("Jinja2 would not read this template either; correct it there"),
    UNDEFINED(
        "Pass this variable or key with the messages, tools or extra variables, or correct the"
            + " template"),
    TYPE("Check the types in the messages and tools, or correct the template"),
    VALUE("Check the values in the messages and tools, or correct the template"),
    SECURITY("Templates run in a sandbox that forbids this; correct the template"),
    LIMIT("The template asks for too much work; correct it, or raise the limit in Limits"),
    RAISED("The template itself refused the conversation; change the messages or the template");

    final String advice;

    Kind(String advice) {
      this.advice = advice;
    }
  }

  private final Kind kind;
  private int line;

  Fault(Kind kind, String message) {
    this(kind, message, 0);
  }

  Fault(Kind kind, String message, int line) {
    super(message, null, false, false);
    this.kind = kind;
    this.line = line;
  }

  static Fault type(String message) {
    return new Fault(Kind.TYPE, message);
  }

  static Fault value(String message) {
    return new Fault(Kind.VALUE, message);
  }

  static Fault undefined(String message) {
    return new Fault(Kind.UNDEFINED, message);
  }

  static Fault limit(String message) {
    return new Fault(Kind.LIMIT, message);
  }

  Kind kind() {
    return kind;
  }

  int line() {
    return line;
  }

  /** Names the line unless a statement further in has named it. */
  Fault at(int where) {
    if (line == 0) {
      line = where;
    }
    return this;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNullElse(super.getMessage(), "");
  }
}
