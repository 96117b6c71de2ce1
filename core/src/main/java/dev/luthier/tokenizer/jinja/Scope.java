package dev.luthier.tokenizer.jinja;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Variables that templates set. Loops, macros and captured blocks have their own, which end with
 * them; {@code if} has none. Few names are compared by identity (the lexer interns them), many go
 * into a map.
 */
final class Scope {
  private static final int FEW = 12;

  private final @Nullable Scope parent;
  private @Nullable String[] names = new @Nullable String[4];
  private @Nullable Object[] values = new @Nullable Object[4];
  private int size;
  private @Nullable Map<String, Object> many;

  Scope(@Nullable Scope parent) {
    this.parent = parent;
  }

  /** The value that the nearest scope has, or null. */
  @Nullable Object get(String name) {
    for (Scope s = this; s != null; s = s.parent) {
      Object v = s.own(name);
      if (v != null) {
        return v;
      }
    }
    return null;
  }

  @SuppressWarnings("ReferenceEquality") // names are interned
  private @Nullable Object own(String name) {
    if (many != null) {
      return many.get(name);
    }
    for (int i = 0; i < size; i++) {
      if (names[i] == name) {
        return values[i];
      }
    }
    return null;
  }

  @SuppressWarnings("ReferenceEquality") // names are interned
  void set(String name, Object value) {
    if (many != null) {
      many.put(name, value);
      return;
    }
    for (int i = 0; i < size; i++) {
      if (names[i] == name) {
        values[i] = value;
        return;
      }
    }
    if (size == FEW) {
      Map<String, Object> map = new HashMap<>();
      for (int i = 0; i < size; i++) {
        String n = names[i];
        Object v = values[i];
        if (n != null && v != null) {
          map.put(n, v);
        }
      }
      map.put(name, value);
      many = map;
      return;
    }
    if (size == names.length) {
      names = Arrays.copyOf(names, size * 2);
      values = Arrays.copyOf(values, size * 2);
    }
    names[size] = name;
    values[size++] = value;
  }
}
