package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A macro where it was defined: it sees the variables of that place as they are when it is called.
 */
final class Macro implements Callable, Attributes {
  private final Stmts.MacroDef definition;
  private final Scope home;

  Macro(Stmts.MacroDef definition, Scope home) {
    this.definition = definition;
    this.home = home;
  }

  @Override
  public Object call(Env env, Args args) {
    env.enterCall();
    Scope scope = definition.frame().open(home);
    Map<String, Object> named = args.namedCopy();
    boolean explicitCaller = bind(env, scope, args.positional(), named);
    special(scope, args.positional(), named, explicitCaller);
    String text = env.capture(() -> Stmt.all(definition.body(), env, scope));
    env.leaveCall();
    return text;
  }

  private boolean bind(Env env, Scope scope, List<Object> given, Map<String, Object> named) {
    List<String> parameters = definition.parameters();
    boolean[] missing = new boolean[parameters.size()];
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Object value = i < given.size() ? given.get(i) : named.remove(name);
      missing[i] = value == null;
      scope.set(name, value == null ? Undefined.variable(name) : value);
    }
    for (int i = 0; i < parameters.size(); i++) {
      if (missing[i]) {
        String name = parameters.get(i);
        Optional<Expr> otherwise = definition.defaults().get(i);
        scope.set(
            name,
            otherwise.isPresent()
                ? otherwise.get().eval(env, scope)
                : Undefined.because("parameter " + Repr.quote(name) + " was not provided"));
      }
    }
    return parameters.contains("caller");
  }

  private void special(
      Scope scope, List<Object> given, Map<String, Object> named, boolean explicitCaller) {
    if (definition.usesCaller() && !explicitCaller) {
      Object caller = named.remove("caller");
      scope.set("caller", caller == null ? Undefined.because("No caller defined") : caller);
    }
    if (definition.usesKwargs()) {
      Dict kwargs = new Dict();
      named.forEach(kwargs::putString);
      scope.set("kwargs", kwargs);
    } else if (!named.isEmpty()) {
      throw Fault.type(
          named.containsKey("caller")
              ? "macro "
                  + quotedName()
                  + " was invoked with two values for the special caller"
                  + " argument. This is most likely a bug."
              : "macro "
                  + quotedName()
                  + " takes no keyword argument "
                  + Repr.quote(named.keySet().iterator().next()));
    }
    int count = definition.parameters().size();
    if (definition.usesVarargs()) {
      scope.set("varargs", Tuple.of(given.subList(Math.min(count, given.size()), given.size())));
    } else if (given.size() > count) {
      throw Fault.type("macro " + quotedName() + " takes not more than " + count + " argument(s)");
    }
  }

  private String quotedName() {
    return definition.name().isEmpty() ? "None" : Repr.quote(definition.name());
  }

  @Override
  public @Nullable Object attribute(Env env, String name) {
    return switch (name) {
      case "name" -> definition.name().isEmpty() ? None.NONE : definition.name();
      case "arguments" -> Tuple.of(new ArrayList<>(definition.parameters()));
      case "catch_kwargs" -> definition.usesKwargs();
      case "catch_varargs" -> definition.usesVarargs();
      case "caller" -> definition.usesCaller();
      default -> null;
    };
  }

  @Override
  public String toString() {
    return "<Macro " + (definition.name().isEmpty() ? "anonymous" : quotedName()) + ">";
  }
}
