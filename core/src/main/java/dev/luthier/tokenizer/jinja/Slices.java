package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's {@code a[start:stop:step]}. */
final class Slices {
  private Slices() {}

  static Object slice(Env env, Object owner, Object start, Object stop, Object step) {
    if (owner instanceof Undefined u) {
      throw u.fault();
    }
    int size = Iteration.lengthOrNone(env, owner);
    if (owner instanceof Dict) {
      throw Fault.type("unhashable type: 'slice'");
    }
    boolean sequence =
        owner instanceof List
            || owner instanceof Tuple
            || owner instanceof Range
            || Types.isString(owner);
    if (!sequence) {
      throw Fault.type("'" + Types.name(owner) + "' object is not subscriptable");
    }
    long by = step instanceof None ? 1 : index(step);
    if (by == 0) {
      throw Fault.value("slice step cannot be zero");
    }
    boolean forward = by > 0;
    long from = bound(start, size, forward, forward ? 0 : size - 1);
    long to = bound(stop, size, forward, forward ? size : -1);
    long count = forward ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
    int n = (int) Math.max(0, forward ? from < to ? count : 0 : from > to ? count : 0);
    if (Types.isString(owner)) {
      return Str.like(owner, string(env, Str.of(env, owner), size, from, n, by));
    }
    if (owner instanceof Range r) {
      long first = r.start() + from * r.step();
      return new Range(first, r.start() + to * r.step(), r.step() * by);
    }
    List<?> items = owner instanceof Tuple t ? t.items() : (List<?>) owner;
    env.object(n);
    List<Object> result = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      result.add(items.get((int) (from + i * by)));
    }
    return owner instanceof Tuple ? Tuple.of(result) : result;
  }

  private static long index(Object v) {
    if (Types.isIndex(v)) {
      // beyond any sequence, yet far from running over
      return Math.max(-1L << 40, Math.min(1L << 40, Arith.toLong(v)));
    }
    throw Fault.type("slice indices must be integers or None or have an __index__ method");
  }

  private static long bound(Object v, int size, boolean forward, long otherwise) {
    if (v instanceof None) {
      return otherwise;
    }
    long i = index(v);
    long lowest = forward ? 0 : -1;
    long highest = forward ? size : size - 1L;
    return Math.max(lowest, Math.min(highest, i < 0 ? i + size : i));
  }

  private static String string(Env env, String s, int size, long from, int n, long by) {
    env.allocate(n);
    env.steps(s.length() >> 6);
    if (n == 0) {
      return "";
    }
    if (by == 1) {
      return Str.substring(s, (int) from, (int) from + n);
    }
    StringBuilder out = new StringBuilder(n);
    boolean plain = size == s.length();
    int[] points = plain ? new int[0] : s.codePoints().toArray();
    for (int i = 0; i < n; i++) {
      int at = (int) (from + i * by);
      out.appendCodePoint(plain ? s.charAt(at) : points[at]);
    }
    return out.toString();
  }
}
