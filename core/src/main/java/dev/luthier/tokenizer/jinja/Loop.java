package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code loop} variable. */
final class Loop implements Attributes, Callable {
  private final Env env;
  private final ForStmt statement;
  private final Scope scope;
  private final int depth;
  private Iterator<Object> items;
  private long length;
  private long index0 = -1;
  private @Nullable Object before;
  private @Nullable Object current;
  private @Nullable Object after;
  private @Nullable Object lastChanged;

  Loop(Env env, ForStmt statement, Scope scope, Iterator<Object> items, long length, int depth) {
    this.env = env;
    this.statement = statement;
    this.scope = scope;
    this.items = items;
    this.length = length;
    this.depth = depth;
  }

  /** Goes to the next element, if there is one. */
  boolean advance() {
    Object next = peek();
    if (next == null) {
      return false;
    }
    after = null;
    index0++;
    before = current;
    current = next;
    return true;
  }

  Object current() {
    return current == null ? None.NONE : current;
  }

  private @Nullable Object peek() {
    if (after == null && items.hasNext()) {
      after = items.next();
    }
    return after;
  }

  /** How many elements there are; generators are read to their end for it. */
  long length() {
    if (length < 0) {
      List<Object> rest = new ArrayList<>();
      while (items.hasNext()) {
        env.step();
        env.element();
        rest.add(items.next());
      }
      items = rest.iterator();
      length = rest.size() + index0 + 1 + (after == null ? 0 : 1);
    }
    return length;
  }

  @Override
  public @Nullable Object attribute(Env unused, String name) {
    return switch (name) {
      case "index" -> index0 + 1;
      case "index0" -> index0;
      case "revindex" -> length() - index0;
      case "revindex0" -> length() - index0 - 1;
      case "first" -> index0 == 0;
      case "last" -> peek() == null;
      case "length" -> length();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index0 == 0 || before == null ? Undefined.because("there is no previous item") : before;
      case "nextitem" -> {
        Object next = peek();
        yield next == null ? Undefined.because("there is no next item") : next;
      }
      case "cycle" -> (Callable) this::cycle;
      case "changed" -> (Callable) this::changed;
      default -> null;
    };
  }

  private Object cycle(Env unused, Args args) {
    if (args.positional().isEmpty()) {
      throw Fault.type("no items for cycling given");
    }
    return args.positional().get((int) (index0 % args.positional().size()));
  }

  private Object changed(Env unused, Args args) {
    Object value = Tuple.of(args.positional());
    if (lastChanged != null && Order.equal(env, lastChanged, value)) {
      return false;
    }
    lastChanged = value;
    return true;
  }

  @Override
  public Object call(Env unused, Args args) {
    if (!statement.recursive()) {
      throw Fault.type("The loop must have the 'recursive' marker to be called recursively.");
    }
    Object over = args.bind("loop", 1, "iterable").required(0);
    return statement.again(env, scope, over, depth + 1);
  }

  @Override
  public String toString() {
    return "<LoopContext " + (index0 + 1) + "/" + length() + ">";
  }
}
