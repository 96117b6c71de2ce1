package dev.luthier.export.gotemplate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A part of a template that prints. */
sealed interface Node {
  /** Prints it; says how the surrounding loop goes on. */
  Flow run(Execution run, @Nullable Object dot);

  /** How a loop goes on. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  /** Runs them in order, up to a break or continue. */
  static Flow all(List<Node> nodes, Execution run, @Nullable Object dot) {
    for (Node node : nodes) {
      Flow flow = node.run(run, dot);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  /** Text between actions. */
  record Text(String text) implements Node {
    @Override
    public Flow run(Execution run, @Nullable Object dot) {
      run.print(text);
      return Flow.NEXT;
    }
  }

  /** A pipeline whose value is printed, unless it goes into a variable. */
  record Action(Pipe pipe) implements Node {
    @Override
    public Flow run(Execution run, @Nullable Object dot) {
      Object value = pipe.value(run, dot);
      if (pipe.variables().isEmpty()) {
        run.print(Format.text(value));
      }
      return Flow.NEXT;
    }
  }

  /** {@code if} and {@code with}. */
  record Branch(boolean with, Pipe pipe, List<Node> then, List<Node> otherwise) implements Node {
    @Override
    public Flow run(Execution run, @Nullable Object dot) {
      int scope = run.variables();
      Object value = pipe.value(run, dot);
      Flow flow =
          Values.truth(value) ? all(then, run, with ? value : dot) : all(otherwise, run, dot);
      run.leave(scope);
      return flow;
    }
  }

  /** {@code range}. */
  record Range(Pipe pipe, List<Node> body, List<Node> otherwise, int line) implements Node {
    @Override
    public Flow run(Execution run, @Nullable Object dot) {
      int scope = run.variables();
      Pipe bare = pipe.bare();
      List<Values.Entry> entries = Values.entries(bare.value(run, dot), line);
      Flow flow = Flow.NEXT;
      if (entries.isEmpty()) {
        flow = all(otherwise, run, dot);
      }
      for (Values.Entry entry : entries) {
        int inner = run.variables();
        bind(run, entry);
        Flow one = all(body, run, entry.value());
        run.leave(inner);
        if (one == Flow.BREAK) {
          break;
        }
      }
      run.leave(scope);
      return flow;
    }

    private void bind(Execution run, Values.Entry entry) {
      List<String> names = pipe.variables();
      for (int i = 0; i < names.size(); i++) {
        Object value = names.size() == 2 && i == 0 ? entry.key() : entry.value();
        run.set(names.get(i), value, pipe.declares(), line);
      }
    }
  }

  /** {@code template} and {@code block}. */
  record Call(String name, @Nullable Pipe pipe, int line) implements Node {
    @Override
    public Flow run(Execution run, @Nullable Object dot) {
      run.call(name, pipe == null ? null : pipe.value(run, dot), line);
      return Flow.NEXT;
    }
  }

  /** {@code break} and {@code continue}. */
  record Jump(Flow flow) implements Node {
    @Override
    public Flow run(Execution run, @Nullable Object dot) {
      return flow;
    }
  }
}
