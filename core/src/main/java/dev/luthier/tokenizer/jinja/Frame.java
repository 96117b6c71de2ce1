package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the parser knows of the names in one scope.
 *
 * <p>Jinja2 decides while it compiles where a name lives. A name that a scope sets outside of
 * {@code if}, before anything else in that scope mentions it, belongs to that scope from its
 * beginning: in {@code {% for m in messages %}{{ tools }}{% endfor %}{% set tools = 1 %}} the loop
 * sees an undefined {@code tools}, whatever the caller passed. Scopes note such names here and
 * begin with them undefined.
 */
final class Frame {
  private final @Nullable Frame parent;

  /** Names by first mention: whether inner scopes must not look past this one for them. */
  private final Map<String, Boolean> names = new HashMap<>();

  /** Names that inner scopes mention, so far. */
  private final Set<String> inner = new HashSet<>();

  private int branches;
  private List<String> hidden = List.of();

  Frame(@Nullable Frame parent) {
    this.parent = parent;
  }

  @Nullable Frame parent() {
    return parent;
  }

  void loaded(String name) {
    names.putIfAbsent(name, false);
  }

  void stored(String name) {
    names.putIfAbsent(name, branches == 0 && inner.contains(name));
  }

  void enterBranch() {
    branches++;
  }

  void leaveBranch() {
    branches--;
  }

  /** Tells the scope around that this one has been read. */
  void close() {
    if (parent != null) {
      parent.inner.addAll(names.keySet());
      parent.inner.addAll(inner);
    }
  }

  /** Settles the hidden names; all scopes around must have been read. */
  void finish() {
    List<String> result = new ArrayList<>();
    names.forEach(
        (name, hides) -> {
          boolean known = false;
          for (Frame f = parent; f != null; f = f.parent) {
            known |= f.names.containsKey(name);
          }
          if (hides && !known) {
            result.add(name);
          }
        });
    hidden = List.copyOf(result);
  }

  /** A new scope of this kind inside another. */
  Scope open(Scope outer) {
    return begin(new Scope(outer));
  }

  Scope begin(Scope scope) {
    for (int i = 0; i < hidden.size(); i++) {
      scope.set(hidden.get(i), Undefined.variable(hidden.get(i)));
    }
    return scope;
  }
}
