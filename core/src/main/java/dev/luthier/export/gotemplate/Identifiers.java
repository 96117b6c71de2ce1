package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The fields and variables that templates name, found by walking them. */
final class Identifiers {
  private static final String ANSWER = "Response";

  /** {@code {{ .Response }}}. */
  static final Node RESPONSE =
      new Node.Action(
          new Pipe(
              List.of(),
              false,
              List.of(
                  new Command(
                      List.of(new Operand.Fields(new Operand.Dot(), List.of(ANSWER), 1)), 1)),
              1));

  private final Set<String> names = new TreeSet<>();

  private Identifiers() {}

  /** All of a template and those it defines, in lower case. */
  static Set<String> of(GoTemplate template) {
    Identifiers found = new Identifiers();
    template.templates().values().forEach(found::walk);
    return found.names;
  }

  private void walk(List<Node> nodes) {
    for (Node node : nodes) {
      if (node instanceof Node.Action action) {
        walk(action.pipe());
      } else if (node instanceof Node.Branch branch) {
        walk(branch.pipe());
        walk(branch.then());
        walk(branch.otherwise());
      } else if (node instanceof Node.Range range) {
        walk(range.pipe());
        walk(range.body());
        walk(range.otherwise());
      } else if (node instanceof Node.Call call) {
        walk(call.pipe());
      }
    }
  }

  private void walk(@Nullable Pipe pipe) {
    if (pipe != null) {
      pipe.commands().forEach(command -> command.operands().forEach(this::walk));
    }
  }

  private void walk(Operand operand) {
    if (operand instanceof Operand.Fields fields) {
      fields.names().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
      walk(fields.of());
    } else if (operand instanceof Operand.Variable variable) {
      names.add(variable.name().toLowerCase(Locale.ROOT));
    } else if (operand instanceof Operand.Nested nested) {
      walk(nested.pipe());
    }
  }

  /** The nodes without everything that follows {@code .Response}, which itself stays. */
  static List<Node> upToResponse(List<Node> nodes) {
    return new Cut().cut(nodes);
  }

  private static final class Cut {
    private boolean met;

    List<Node> cut(List<Node> nodes) {
      List<Node> out = new ArrayList<>();
      for (Node node : nodes) {
        if (met) {
          break;
        }
        out.add(cut(node));
      }
      return out;
    }

    private Node cut(Node node) {
      if (node instanceof Node.Branch branch) {
        meet(branch.pipe());
        return new Node.Branch(
            branch.with(), branch.pipe(), cut(branch.then()), cut(branch.otherwise()));
      }
      if (node instanceof Node.Range range) {
        meet(range.pipe());
        return new Node.Range(
            range.pipe(), cut(range.body()), cut(range.otherwise()), range.line());
      }
      if (node instanceof Node.Action action) {
        meet(action.pipe());
      }
      return node;
    }

    private void meet(Pipe pipe) {
      for (Command command : pipe.commands()) {
        for (Operand operand : command.operands()) {
          met |= operand instanceof Operand.Fields fields && fields.names().contains(ANSWER);
        }
      }
    }
  }
}
