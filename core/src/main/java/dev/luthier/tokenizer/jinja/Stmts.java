package dev.luthier.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds of statements, except for {@link ForStmt}. */
final class Stmts {
  private Stmts() {}

  record Data(String text) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      env.step();
      env.write(text);
      return Flow.NEXT;
    }
  }

  record Print(Expr value, int line) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      try {
        env.step();
        env.write(Str.of(env, value.eval(env, scope)));
        return Flow.NEXT;
      } catch (Fault e) {
        throw e.at(line);
      }
    }
  }

  /** A condition and what follows from it. */
  record Branch(Expr test, List<Stmt> body, int line) {
    boolean applies(Env env, Scope scope) {
      try {
        env.step();
        return Truth.of(test.eval(env, scope));
      } catch (Fault e) {
        throw e.at(line);
      }
    }
  }

  record If(List<Branch> branches, List<Stmt> otherwise) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      for (Branch branch : branches) {
        if (branch.applies(env, scope)) {
          return Stmt.all(branch.body(), env, scope);
        }
      }
      return Stmt.all(otherwise, env, scope);
    }
  }

  record Assign(Target target, Expr value, int line) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      try {
        env.step();
        target.check(env, scope);
        target.assign(env, scope, value.eval(env, scope));
        return Flow.NEXT;
      } catch (Fault e) {
        throw e.at(line);
      }
    }
  }

  /** {@code {% set x %}...{% endset %}}, its text passed through filters if there are any. */
  record AssignBlock(Target target, Expr filtered, List<Stmt> body, Frame frame, int line)
      implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      try {
        env.step();
        Scope inner = frame.open(scope);
        Captures captures = Captures.run(env, inner, body);
        if (captures.flow() == Flow.NEXT) {
          inner.set(Exprs.Captured.SLOT, captures.text());
          target.assign(env, scope, filtered.eval(env, inner));
        }
        return captures.flow();
      } catch (Fault e) {
        throw e.at(line);
      }
    }
  }

  record FilterBlock(Expr filtered, List<Stmt> body, Frame frame, int line) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      try {
        env.step();
        Scope inner = frame.open(scope);
        Captures captures = Captures.run(env, inner, body);
        if (captures.flow() == Flow.NEXT) {
          inner.set(Exprs.Captured.SLOT, captures.text());
          env.write(Str.require(filtered.eval(env, inner), "the text of a filter block"));
        }
        return captures.flow();
      } catch (Fault e) {
        throw e.at(line);
      }
    }
  }

  /** What a body wrote, and how it ended. */
  record Captures(String text, Stmt.Flow flow) {
    static Captures run(Env env, Scope inner, List<Stmt> body) {
      Stmt.Flow[] flow = {Stmt.Flow.NEXT};
      String text = env.capture(() -> flow[0] = Stmt.all(body, env, inner));
      return new Captures(text, flow[0]);
    }
  }

  record With(List<Target> targets, List<Expr> values, List<Stmt> body, Frame frame, int line)
      implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      Scope inner = frame.open(scope);
      try {
        env.step();
        for (int i = 0; i < targets.size(); i++) {
          targets.get(i).assign(env, inner, values.get(i).eval(env, scope));
        }
      } catch (Fault e) {
        throw e.at(line);
      }
      return Stmt.all(body, env, inner);
    }
  }

  /**
   * {@code {% block %}}: its assignments stay inside, and it sees only the template's own variables
   * unless it is scoped.
   */
  record Scoped(List<Stmt> body, boolean scoped, Frame frame) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      return Stmt.all(body, env, frame.open(scoped ? scope : env.root));
    }
  }

  record AutoEscape(Expr on, List<Stmt> body, Frame frame, int line) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      if (Truth.of(on.eval(env, scope))) {
        throw new Fault(Fault.Kind.VALUE, "autoescape is not supported in chat templates", line);
      }
      return Stmt.all(body, env, frame.open(scope));
    }
  }

  record Generation(List<Stmt> body, Frame frame) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      env.step();
      env.generation(() -> Stmt.all(body, env, frame.open(scope)));
      return Flow.NEXT;
    }
  }

  record Define(MacroDef macro) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      env.step();
      env.object(4);
      scope.set(macro.name(), new Macro(macro, scope));
      return Flow.NEXT;
    }
  }

  record CallBlock(Expr callee, Exprs.Arguments arguments, MacroDef caller, int line)
      implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      try {
        env.step();
        Object target = callee.eval(env, scope);
        Args args = arguments.eval(env, scope);
        Map<String, Object> named = args.namedCopy();
        env.object(4);
        named.put("caller", new Macro(caller, scope));
        Object result = Access.call(env, target, new Args(args.positional(), named));
        env.write(Str.require(result, "the result of a call block"));
        return Flow.NEXT;
      } catch (Fault e) {
        throw e.at(line);
      }
    }
  }

  record Jump(Flow flow) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      return flow;
    }
  }

  /** A statement that needs a second template, which a chat template never has. */
  record Missing(String tag, int line) implements Stmt {
    @Override
    public Flow exec(Env env, Scope scope) {
      throw new Fault(
          Fault.Kind.VALUE,
          "no loader for this environment specified: {% "
              + tag
              + " %} needs another template, and a chat template stands alone",
          line);
    }
  }

  /** What an assignment writes to. */
  interface Target {
    void assign(Env env, Scope scope, Object value);

    /** Fails before the value is computed if something cannot be assigned to. */
    default void check(Env env, Scope scope) {}
  }

  record NameTarget(String name) implements Target {
    @Override
    public void assign(Env env, Scope scope, Object value) {
      scope.set(name, value);
    }
  }

  record MemberTarget(String namespace, String name) implements Target {
    @Override
    public void check(Env env, Scope scope) {
      namespace(env, scope);
    }

    private Namespace namespace(Env env, Scope scope) {
      if (new Exprs.Name(namespace).eval(env, scope) instanceof Namespace n) {
        return n;
      }
      throw Fault.type("cannot assign attribute on non-namespace object");
    }

    @Override
    public void assign(Env env, Scope scope, Object value) {
      namespace(env, scope).values.put(name, value);
    }
  }

  record TupleTarget(List<Target> parts) implements Target {
    @Override
    public void check(Env env, Scope scope) {
      parts.forEach(p -> p.check(env, scope));
    }

    @Override
    public void assign(Env env, Scope scope, Object value) {
      if (!Iteration.possible(value)) {
        throw Fault.type("cannot unpack non-iterable " + Types.name(value) + " object");
      }
      List<Object> values = Iteration.list(env, value);
      if (values.size() != parts.size()) {
        throw Fault.value(
            (values.size() < parts.size() ? "not enough" : "too many")
                + " values to unpack (expected "
                + parts.size()
                + ", got "
                + values.size()
                + ")");
      }
      for (int i = 0; i < parts.size(); i++) {
        parts.get(i).assign(env, scope, values.get(i));
      }
    }
  }

  /** A macro or the body of a call block. */
  record MacroDef(
      String name,
      List<String> parameters,
      List<Optional<Expr>> defaults,
      List<Stmt> body,
      Frame frame,
      boolean usesCaller,
      boolean usesKwargs,
      boolean usesVarargs) {}
}
