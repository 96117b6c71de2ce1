package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** What a model with labels is asked: config.json's {@code problem_type}, and labels of tokens. */
public enum Problem {
  /** One of several labels. */
  CLASSES(Task.Kind.SEQUENCE, "single_label_classification"),
  /** Any number of labels. */
  MULTI_LABEL(Task.Kind.SEQUENCE, "multi_label_classification"),
  /** Numbers. */
  REGRESSION(Task.Kind.SEQUENCE, "regression"),
  /** One label of each word. */
  TOKENS(Task.Kind.TOKENS, "");

  private final Task.Kind kind;
  private final String type;

  Problem(Task.Kind kind, String type) {
    this.kind = kind;
    this.type = type;
  }

  /** The head that answers it. */
  public Task.Kind kind() {
    return kind;
  }

  /** What config.json calls it; empty where it has no word. */
  public String type() {
    return type;
  }

  /** What a model that gives labels was made for; where nothing says so, one label is a number. */
  public static Problem of(ObjectNode config) {
    Task task = Task.of(config);
    if (task.kind() == Task.Kind.TOKENS) {
      return TOKENS;
    }
    String type = config.path("problem_type").asText("");
    for (Problem problem : values()) {
      if (!type.isEmpty() && problem.type.equals(type)) {
        return problem;
      }
    }
    return task.labels() == 1 ? REGRESSION : CLASSES;
  }

  /** Whether exactly one label is right. */
  public boolean isOneOfSeveral() {
    return this == CLASSES || this == TOKENS;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
