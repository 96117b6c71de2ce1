package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** Walking through values as Python's {@code iter} and {@code len} do. */
final class Iteration {
  private Iteration() {}

  static boolean possible(Object v) {
    return v instanceof List
        || v instanceof Tuple
        || v instanceof Dict
        || Types.isString(v)
        || v instanceof Generator
        || v instanceof DictView
        || v instanceof Range
        || v instanceof Undefined
        || v instanceof Loop;
  }

  static Iterator<Object> of(Env env, Object v) {
    if (v instanceof List<?> l) {
      return Collections.<Object>unmodifiableList(l).iterator();
    }
    if (v instanceof Tuple t) {
      return t.items().iterator();
    }
    if (v instanceof Dict d) {
      return new DictView(d, DictView.Kind.KEYS).iterator();
    }
    if (v instanceof DictView w) {
      return w.iterator();
    }
    if (v instanceof Generator g) {
      return g;
    }
    if (Types.isString(v)) {
      return Str.characters(Str.of(env, v));
    }
    if (v instanceof Range r) {
      return range(r);
    }
    if (v instanceof Undefined) {
      return Collections.emptyIterator();
    }
    throw Fault.type("'" + Types.name(v) + "' object is not iterable");
  }

  private static Iterator<Object> range(Range r) {
    return new Iterator<>() {
      private final int size = r.size();
      private int i;

      @Override
      public boolean hasNext() {
        return i < size;
      }

      @Override
      public Object next() {
        return r.get(i++);
      }
    };
  }

  /** All elements in a new list. */
  static List<Object> list(Env env, Object v) {
    env.object(0);
    List<Object> result = new ArrayList<>();
    Iterator<Object> items = of(env, v);
    while (items.hasNext()) {
      env.step();
      env.element();
      result.add(items.next());
    }
    return result;
  }

  /** {@code len(v)}, or -1 if it has none. */
  static int lengthOrNone(Env env, Object v) {
    if (v instanceof List<?> l) {
      return l.size();
    }
    if (v instanceof String || v instanceof Markup) {
      String s = Str.of(env, v);
      env.steps(s.length() >> 6);
      return Str.length(s);
    }
    if (v instanceof Dict d) {
      return d.size();
    }
    if (v instanceof Tuple t) {
      return t.items().size();
    }
    if (v instanceof DictView w) {
      return w.dict().size();
    }
    if (v instanceof Range r) {
      return r.size();
    }
    if (v instanceof Loop l) {
      return (int) l.length();
    }
    return v instanceof Undefined ? 0 : -1;
  }

  static long length(Env env, Object v) {
    int n = lengthOrNone(env, v);
    if (n < 0) {
      throw Fault.type("object of type '" + Types.name(v) + "' has no len()");
    }
    return n;
  }
}
