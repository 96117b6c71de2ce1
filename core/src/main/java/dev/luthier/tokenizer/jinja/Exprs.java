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
      return Access.attribute(env, owner.eval(env, scope), name);
    }
  }

  record Item(Expr owner, Expr key) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return Access.item(env, owner.eval(env, scope), key.eval(env, scope));
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
    List<Object> values = new ArrayList<>(items.size());
    for (Expr item : items) {
      values.add(item.eval(env, scope));
    }
    return values;
  }

  record DictOf(List<Expr> keys, List<Expr> values) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.steps(keys.size());
      Dict dict = new Dict();
      for (int i = 0; i < keys.size(); i++) {
        dict.put(env, keys.get(i).eval(env, scope), values.get(i).eval(env, scope));
      }
      return dict;
    }
  }

  record Binary(String op, Expr left, Expr right) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      return Arith.apply(env, op, left.eval(env, scope), right.eval(env, scope));
    }
  }

  record Negate(Expr operand) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      return Arith.negate(operand.eval(env, scope));
    }
  }

  record Plus(Expr operand) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return Arith.plus(operand.eval(env, scope));
    }
  }

  record Concat(List<Expr> parts) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      String whole = "";
      for (Expr part : parts) {
        String s = Str.of(env, part.eval(env, scope));
        env.allocate(whole.length() + (long) s.length());
        String joined = whole.concat(s);
        env.joined(joined, whole, s);
        whole = joined;
      }
      return whole;
    }
  }

  record Compare(Expr first, List<String> ops, List<Expr> others) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      Object left = first.eval(env, scope);
      for (int i = 0; i < ops.size(); i++) {
        Object right = others.get(i).eval(env, scope);
        if (!Order.test(env, ops.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    }
  }

  record Not(Expr operand) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      return !Truth.of(operand.eval(env, scope));
    }
  }

  record And(Expr left, Expr right) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      Object v = left.eval(env, scope);
      return Truth.of(v) ? right.eval(env, scope) : v;
    }
  }

  record Or(Expr left, Expr right) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      Object v = left.eval(env, scope);
      return Truth.of(v) ? v : right.eval(env, scope);
    }
  }

  record Conditional(Expr test, Expr then, Optional<Expr> otherwise, int line) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      if (Truth.of(test.eval(env, scope))) {
        return then.eval(env, scope);
      }
      return otherwise.isPresent()
          ? otherwise.get().eval(env, scope)
          : Undefined.because(
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
      Object target = callee.eval(env, scope);
      return Access.call(env, target, arguments.eval(env, scope));
    }
  }

  record Filtered(Expr operand, String name, Arguments arguments) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      Object value = operand.eval(env, scope);
      return Filters.find(name).apply(env, value, arguments.eval(env, scope));
    }
  }

  record Tested(Expr operand, String name, Arguments arguments) implements Expr {
    @Override
    public Object eval(Env env, Scope scope) {
      env.step();
      Object value = operand.eval(env, scope);
      return Tests.find(name).apply(env, value, arguments.eval(env, scope));
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
