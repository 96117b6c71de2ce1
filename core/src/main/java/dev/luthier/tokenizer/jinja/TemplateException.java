package dev.luthier.tokenizer.jinja;

import dev.luthier.LuthierException;

/** A chat template that cannot be read, or that failed or refused a conversation. */
public final class TemplateException extends LuthierException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final boolean raised;
  private final boolean aboutNone;

  TemplateException(Fault fault) {
    super(describe(fault), fault);
    this.line = fault.line();
    this.raised = fault.kind() == Fault.Kind.RAISED;
    this.aboutNone = fault.kind() == Fault.Kind.TYPE && describe(fault).contains("NoneType");
  }

  /** Line of the template, from 1; 0 where the failure has no line. */
  public int line() {
    return line;
  }

  /** Whether the template itself refused, by {@code raise_exception}. */
  public boolean raisedByTemplate() {
    return raised;
  }

  /** Whether an operation met {@code none} where it cannot take it. */
  public boolean aboutNone() {
    return aboutNone;
  }

  private static String describe(Fault fault) {
    String where = fault.line() > 0 ? "Chat template, line " + fault.line() : "Chat template";
    return where + ": " + fault.getMessage() + ". " + fault.kind().advice;
  }
}
