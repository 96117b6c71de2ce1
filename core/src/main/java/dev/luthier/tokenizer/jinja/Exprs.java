package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds of expressions. */
final class Exprs {
  private Exprs() {}

  record Const(Object value) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return value;
    }
  }

  record Name(String name) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      Object v = scope.get(name);
      if (v == null) {
        v = env.variables.get(name);
      }
      if (v == null) {
        v = Globals.TABLE.get(name);
      }
      return v == null ? Undefined.variable(name) : v;
    }
  }

  record Attribute(Expr owner, String name) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      Object value = Access.attribute(env, owner.eval(env, scope), name);
      env.up();
      return value;
    }
  }

  record Item(Expr owner, Expr key) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      Object value = Access.item(env, owner.eval(env, scope), key.eval(env, scope));
      env.up();
      return value;
    }
  }

  record Slice(Expr owner, Optional<Expr> start, Optional<Expr> stop, Optional<Expr> step)
      implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return Slices.slice(
          env,
          owner.eval(env, scope),
          bound(env, scope, start),
          bound(env, scope, stop),
          bound(env, scope, step));
    }

    private static Object bound(Env env, Scope scope, Optional<Expr> bound) {
      return bound.isPresent() ? bound.get().eval(env, scope) : None.NONE;
    }
  }

  record ListOf(List<Expr> items) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return all(items, env, scope);
    }
  }

  record TupleOf(List<Expr> items) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return Tuple.of(all(items, env, scope));
    }
  }

  private static List<Object> all(List<Expr> items, Env env, Scope scope) {
    env.steps(items.size());
    env.object(items.size());
    env.down();
    List<Object> values = new ArrayList<>(items.size());
    for (Expr item : items) {
      values.add(item.eval(env, scope));
    }
    env.up();
    return values;
  }

  record DictOf(List<Expr> keys, List<Expr> values) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.steps(keys.size());
      env.object(2L * keys.size());
      env.down();
      Dict dict = new Dict();
      for (int i = 0; i < keys.size(); i++) {
        dict.put(env, keys.get(i).eval(env, scope), values.get(i).eval(env, scope));
      }
      env.up();
      return dict;
    }
  }

  record Binary(String op, Expr left, Expr right) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      env.down();
      Object value = Arith.apply(env, op, left.eval(env, scope), right.eval(env, scope));
      env.up();
      return value;
    }
  }

  record Negate(Expr operand) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      env.down();
      Object value = Arith.negate(operand.eval(env, scope));
      env.up();
      return value;
    }
  }

  record Plus(Expr operand) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      Object value = Arith.plus(operand.eval(env, scope));
      env.up();
      return value;
    }
  }

  record Concat(List<Expr> parts) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      List<String> texts = new ArrayList<>(parts.size());
      for (Expr part : parts) {
        texts.add(Str.of(env, part.eval(env, scope)));
      }
      env.up();
      return env.concat(texts);
    }
  }

  record Compare(Expr first, List<String> ops, List<Expr> others) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      boolean holds = true;
      Object left = first.eval(env, scope);
      for (int i = 0; holds && i < ops.size(); i++) {
        Object right = others.get(i).eval(env, scope);
        holds = Order.test(env, ops.get(i), left, right);
        left = right;
      }
      env.up();
      return holds;
    }
  }

  record Not(Expr operand) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      boolean value = !Truth.of(operand.eval(env, scope));
      env.up();
      return value;
    }
  }

  record And(Expr left, Expr right) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      Object v = left.eval(env, scope);
      Object value = Truth.of(v) ? right.eval(env, scope) : v;
      env.up();
      return value;
    }
  }

  record Or(Expr left, Expr right) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      Object v = left.eval(env, scope);
      Object value = Truth.of(v) ? v : right.eval(env, scope);
      env.up();
      return value;
    }
  }

  record Conditional(Expr test, Expr then, Optional<Expr> otherwise, int line) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.down();
      Object value =
          Truth.of(test.eval(env, scope))
              ? then.eval(env, scope)
              : otherwise.isPresent() ? otherwise.get().eval(env, scope) : missing();
      env.up();
      return value;
    }

    private Object missing() {
      return Undefined.because(
          "the inline if-expression on line "
              + line
              + " evaluated to false and no else section was defined.");
    }
  }

  /** The arguments of a call as written. */
  record Arguments(
      List<Expr> positional,
      Map<String, Expr> named,
      Optional<Expr> morePositional,
      Optional<Expr> moreNamed) {
    static final Arguments NONE =
        new Arguments(List.of(), Map.of(), Optional.empty(), Optional.empty());

    Args eval(Env env, Scope scope) {
      if (positional.isEmpty()
          && named.isEmpty()
          && morePositional.isEmpty()
          && moreNamed.isEmpty()) {
        return Args.NONE;
      }
      List<Object> values = all(positional, env, scope);
      morePositional.ifPresent(e -> values.addAll(Iteration.list(env, e.eval(env, scope))));
      Map<String, Object> byName = new LinkedHashMap<>();
      named.forEach((name, e) -> byName.put(name, e.eval(env, scope)));
      moreNamed.ifPresent(e -> spread(env, e.eval(env, scope), byName));
      return new Args(values, byName);
    }

    private static void spread(Env env, Object mapping, Map<String, Object> byName) {
      if (!(mapping instanceof Dict d)) {
        throw Fault.type("argument after ** must be a mapping, not " + Types.name(mapping));
      }
      for (Map.Entry<Object, Object> e : d.entries()) {
        env.step();
        if (!(e.getKey() instanceof String name)) {
          throw Fault.type("keywords must be strings");
        }
        if (byName.put(name.intern(), e.getValue()) != null) {
          throw Fault.type("got multiple values for keyword argument " + Repr.quote(name));
        }
      }
    }
  }

  record Call(Expr callee, Arguments arguments) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      env.down();
      Object target = callee.eval(env, scope);
      Object value = Access.call(env, target, arguments.eval(env, scope));
      env.up();
      return value;
    }
  }

  record Filtered(Expr operand, String name, Arguments arguments) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      env.down();
      Object value = operand.eval(env, scope);
      if (value instanceof String s) {
        env.scan(s);
      }
      Object result = Filters.find(name).apply(env, value, arguments.eval(env, scope));
      env.up();
      return result;
    }
  }

  record Tested(Expr operand, String name, Arguments arguments) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      env.down();
      Object value = operand.eval(env, scope);
      Object result = Tests.find(name).apply(env, value, arguments.eval(env, scope));
      env.up();
      return result;
    }
  }

  /** A value that a filter block or block assignment hands to its filters. */
  record Captured() implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      Object v = scope.get(SLOT);
      return v == null ? "" : v;
    }

    static final String SLOT = "<captured>";
  }
}
