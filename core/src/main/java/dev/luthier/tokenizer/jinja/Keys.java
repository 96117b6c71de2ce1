package dev.luthier.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** Brings values into a form whose {@code equals} and {@code hashCode} are Python's. */
final class Keys {
  private Keys() {}

  static Object of(Env env, Object key) {
    return of(env, key, 0);
  }

  private static Object of(Env env, Object key, int depth) {
    if (key instanceof String s) {
      return env.scan(s);
    }
    if (key instanceof Markup m) {
      return env.scan(m.text());
    }
    if (key instanceof Boolean b) {
      return b ? 1L : 0L;
    }
    if (key instanceof Double d) {
      return ofDouble(d);
    }
    if (key instanceof Tuple t) {
      env.nested(depth);
      List<Object> items = new ArrayList<>(t.items().size());
      for (Object item : t.items()) {
        env.step();
        items.add(of(env, item, depth + 1));
      }
      return new Tuple(items, false);
    }
    if (key instanceof Undefined) {
      return Undefined.class;
    }
    if (key instanceof List || key instanceof Dict) {
      throw Fault.type("unhashable type: '" + Types.name(key) + "'");
    }
    return key;
  }

  private static Object ofDouble(double d) {
    if (d == Math.rint(d) && !Double.isInfinite(d)) {
      return Math.abs(d) < 1e18 ? (Object) (long) d : Arith.normal(integral(d));
    }
    return d;
  }

  private static BigInteger integral(double d) {
    return new BigDecimal(d).toBigInteger();
  }
}
