package dev.luthier.tokenizer.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Arguments of a call.
 *
 * @param positional in order
 * @param named by name, in order
 */
record Args(List<Object> positional, Map<String, Object> named) {
  static final Args NONE = new Args(List.of(), Map.of());

  static Args of(Object... positional) {
    return new Args(List.of(positional), Map.of());
  }

  /** All but the first {@code n} positional arguments. */
  Args from(int n) {
    return new Args(positional.subList(Math.min(n, positional.size()), positional.size()), named);
  }

  Map<String, Object> namedCopy() {
    return new LinkedHashMap<>(named);
  }

  /**
   * Assigns arguments to parameters as Python does.
   *
   * @param function for error messages
   * @param required how many parameters must be given
   * @param names of the parameters
   */
  Bound bind(String function, int required, String... names) {
    if (positional.size() > names.length) {
      throw Fault.type(
          function
              + "() takes at most "
              + names.length
              + " arguments ("
              + positional.size()
              + " given)");
    }
    @Nullable Object[] values = new @Nullable Object[names.length];
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    for (Map.Entry<String, Object> e : named.entrySet()) {
      int i = List.of(names).indexOf(e.getKey());
      if (i < 0) {
        throw Fault.type(
            function + "() got an unexpected keyword argument " + Repr.quote(e.getKey()));
      }
      if (values[i] != null) {
        throw Fault.type(function + "() got multiple values for argument '" + names[i] + "'");
      }
      values[i] = e.getValue();
    }
    for (int i = 0; i < required; i++) {
      if (values[i] == null) {
        throw Fault.type(function + "() missing required argument '" + names[i] + "'");
      }
    }
    return new Bound(function, values);
  }

  /** Arguments by parameter. */
  static final class Bound {
    private final String function;
    private final @Nullable Object[] values;

    private Bound(String function, @Nullable Object[] values) {
      this.function = function;
      this.values = values;
    }

    boolean has(int i) {
      return values[i] != null;
    }

    Object get(int i, Object otherwise) {
      Object v = values[i];
      return v == null ? otherwise : v;
    }

    Object required(int i) {
      Object v = values[i];
      if (v == null) {
        throw Fault.type(function + "() misses argument " + (i + 1));
      }
      return v;
    }

    boolean truth(int i, boolean otherwise) {
      Object v = values[i];
      return v == null ? otherwise : Truth.of(v);
    }

    long integer(int i, long otherwise) {
      Object v = values[i];
      return v == null ? otherwise : Arith.toLong(v);
    }

    /** A string, or the default where it is not given. */
    String string(int i, String otherwise) {
      Object v = values[i];
      return v == null ? otherwise : Str.require(v, function + "() argument " + (i + 1));
    }
  }
}
