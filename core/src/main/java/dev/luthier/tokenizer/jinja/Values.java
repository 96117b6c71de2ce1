package dev.luthier.tokenizer.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Brings JSON-like Java values into the engine. */
final class Values {
  private Values() {}

  static Object of(Env env, @Nullable Object v) {
    return of(env, v, 0);
  }

  private static Object of(Env env, @Nullable Object v, int depth) {
    if (v == null) {
      return None.NONE;
    }
    if (v instanceof String
        || v instanceof Boolean
        || v instanceof Long
        || v instanceof Double
        || v instanceof None) {
      return v;
    }
    if (v instanceof Integer || v instanceof Short || v instanceof Byte) {
      return ((Number) v).longValue();
    }
    if (v instanceof BigInteger b) {
      return Arith.normal(b);
    }
    if (v instanceof Number n) {
      return n.doubleValue();
    }
    env.nested(depth);
    if (v instanceof Map<?, ?> m) {
      Dict dict = new Dict();
      for (Map.Entry<?, ?> e : m.entrySet()) {
        dict.put(env, of(env, e.getKey(), depth + 1), of(env, e.getValue(), depth + 1));
      }
      return dict;
    }
    if (v instanceof Iterable<?> items) {
      List<Object> list = new ArrayList<>();
      for (Object item : items) {
        list.add(of(env, item, depth + 1));
      }
      return list;
    }
    throw new IllegalArgumentException(
        "expected a Map, List, String, Boolean, Number or null for the template, found "
            + v.getClass().getName());
  }
}
