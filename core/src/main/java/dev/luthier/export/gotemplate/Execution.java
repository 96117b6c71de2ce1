package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One rendering: the output, the variables in scope, and how much work is left. */
final class Execution {
  private static final int DEEPEST = 500;
  private static final long MOST_STEPS = 5_000_000;
  private static final int LONGEST = 16 << 20;

  private record Variable(String name, @Nullable Object value) {}

  private final Map<String, List<Node>> templates;
  private final Map<String, GoFunction> functions;
  private final StringBuilder out = new StringBuilder();
  private List<Variable> variables = new ArrayList<>();
  private int depth;
  private long steps;

  Execution(Map<String, List<Node>> templates, Map<String, GoFunction> functions) {
    this.templates = templates;
    this.functions = functions;
  }

  /** Runs the template of that name and returns what it printed. */
  String run(String name, @Nullable Object data) {
    call(name, data, 1);
    return out.toString();
  }

  void call(String name, @Nullable Object data, int line) {
    List<Node> nodes = templates.get(name);
    if (nodes == null) {
      throw new GoTemplateException(line, "template \"" + Bytes.text(name) + "\" not defined");
    }
    if (depth >= DEEPEST) {
      throw new GoTemplateException(line, "templates call each other more than 500 deep");
    }
    List<Variable> outer = variables;
    variables = new ArrayList<>(List.of(new Variable("$", data)));
    depth++;
    Node.all(nodes, this, data);
    depth--;
    variables = outer;
  }

  void print(String text) {
    if (out.length() + text.length() > LONGEST) {
      throw new GoTemplateException(0, "prints more than 16 MiB");
    }
    out.append(text);
  }

  /** Counts work, so that a template that does not end is stopped. */
  void step(int line) {
    if (++steps > MOST_STEPS) {
      throw new GoTemplateException(line, "does more than 5,000,000 steps");
    }
  }

  int variables() {
    return variables.size();
  }

  /** Forgets the variables since then. */
  void leave(int count) {
    variables.subList(count, variables.size()).clear();
  }

  void set(String name, @Nullable Object value, boolean declare, int line) {
    if (declare) {
      variables.add(new Variable(name, value));
    } else {
      variables.set(find(name, line), new Variable(name, value));
    }
  }

  @Nullable Object get(String name, int line) {
    return variables.get(find(name, line)).value();
  }

  private int find(String name, int line) {
    for (int i = variables.size() - 1; i >= 0; i--) {
      if (variables.get(i).name().equals(name)) {
        return i;
      }
    }
    throw new GoTemplateException(line, "undefined variable: " + name);
  }

  @Nullable Object function(String name, List<@Nullable Object> arguments, int line) {
    GoFunction function = functions.get(name);
    if (function == null) {
      throw new GoTemplateException(line, "function \"" + name + "\" not defined");
    }
    try {
      return function.call(arguments);
    } catch (IllegalArgumentException e) {
      throw new GoTemplateException(line, "error calling " + name + ": " + e.getMessage());
    }
  }
}
