package dev.luthier.tokenizer.jinja;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Elements that nobody computes before somebody asks, as Python's generators. */
final class Lazy implements Iterator<Object> {
  private final Env env;
  private final Supplier<Iterator<Object>> source;
  private @Nullable Iterator<Object> elements;

  Lazy(Env env, Supplier<Iterator<Object>> source) {
    env.object(2);
    this.env = env;
    this.source = source;
  }

  static Iterator<Object> mapped(
      Env env, Supplier<Iterator<Object>> source, Function<Object, Object> change) {
    Lazy all = new Lazy(env, source);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public Object next() {
        env.step();
        return change.apply(all.next());
      }
    };
  }

  static Iterator<Object> filtered(
      Env env, Supplier<Iterator<Object>> source, Predicate<Object> keep) {
    Lazy all = new Lazy(env, source);
    return new Iterator<>() {
      private @Nullable Object ahead;

      @Override
      public boolean hasNext() {
        while (ahead == null && all.hasNext()) {
          env.step();
          Object item = all.next();
          if (keep.test(item)) {
            ahead = item;
          }
        }
        return ahead != null;
      }

      @Override
      public Object next() {
        if (!hasNext() || ahead == null) {
          throw new NoSuchElementException();
        }
        Object item = ahead;
        ahead = null;
        return item;
      }
    };
  }

  private Iterator<Object> elements() {
    if (elements == null) {
      elements = source.get();
    }
    return elements;
  }

  @Override
  public boolean hasNext() {
    env.down();
    boolean more = elements().hasNext();
    env.up();
    return more;
  }

  @Override
  public Object next() {
    env.down();
    Object element = elements().next();
    env.up();
    return element;
  }
}
