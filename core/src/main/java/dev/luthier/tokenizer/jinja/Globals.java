package dev.luthier.tokenizer.jinja;

import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Functions that every template has. */
final class Globals {
  static final Map<String, Object> TABLE = new HashMap<>();

  static {
    function("range", Globals::range);
    function("dict", Globals::dict);
    function("namespace", Globals::namespace);
    function("cycler", Globals::cycler);
    function("joiner", Globals::joiner);
    function("raise_exception", Globals::raise);
    function("strftime_now", Globals::now);
  }

  private Globals() {}

  private static void function(String name, Callable function) {
    TABLE.put(name, function);
  }

  private static Object range(Env env, Args args) {
    Args.Bound b = args.bind("range", 1, "start", "stop", "step");
    long first = b.integer(0, 0);
    return b.has(1)
        ? Range.checked(first, b.integer(1, 0), b.integer(2, 1))
        : Range.checked(0, first, 1);
  }

  private static Object dict(Env env, Args args) {
    env.object(2L * args.named().size());
    Dict result = new Dict();
    if (args.positional().size() > 1) {
      throw Fault.type("dict expected at most 1 argument, got " + args.positional().size());
    }
    if (!args.positional().isEmpty()) {
      Object from = args.positional().get(0);
      if (from instanceof Undefined u) {
        throw u.fault();
      }
      Object pairs = from instanceof Dict d ? new DictView(d, DictView.Kind.ITEMS) : from;
      for (Object pair : Iteration.list(env, pairs)) {
        List<Object> both = Iteration.list(env, pair);
        if (both.size() != 2) {
          throw Fault.value(
              "dictionary update sequence element has length " + both.size() + "; 2 is required");
        }
        result.put(env, both.get(0), both.get(1));
      }
    }
    args.named().forEach(result::putString);
    return result;
  }

  private static Object namespace(Env env, Args args) {
    Namespace result = new Namespace();
    Dict values = (Dict) dict(env, args);
    values.stored().forEach((k, v) -> result.values.put(k.toString(), v));
    return result;
  }

  private static Object raise(Env env, Args args) {
    Object message = args.bind("raise_exception", 1, "message").required(0);
    throw new Fault(Fault.Kind.RAISED, Str.of(env, message));
  }

  private static Object now(Env env, Args args) {
    String format = args.bind("strftime_now", 1, "format").string(0, "");
    env.steps(format.length() * 8L);
    return env.allocated(Strftime.format(ZonedDateTime.now(env.clock), format));
  }

  private static Object joiner(Env env, Args args) {
    Object separator = args.bind("joiner", 0, "sep").get(0, ", ");
    env.object(0);
    boolean[] used = {false};
    return (Callable)
        (e, a) -> {
          a.bind("joiner", 0);
          boolean again = used[0];
          used[0] = true;
          return again ? separator : "";
        };
  }

  private static Object cycler(Env env, Args args) {
    if (args.positional().isEmpty()) {
      throw Fault.value("at least one item has to be provided");
    }
    env.object(0);
    return new Cycler(args.positional());
  }

  /** Goes through its items again and again. */
  private static final class Cycler implements Attributes {
    private final List<Object> items;
    private int pos;

    Cycler(List<Object> items) {
      this.items = items;
    }

    @Override
    public @Nullable Object attribute(Env env, String name) {
      return switch (name) {
        case "current" -> items.get(pos);
        case "pos" -> (long) pos;
        case "items" -> Tuple.of(items);
        case "next" ->
            (Callable)
                (e, a) -> {
                  Object item = items.get(pos);
                  pos = (pos + 1) % items.size();
                  return item;
                };
        case "reset" ->
            (Callable)
                (e, a) -> {
                  pos = 0;
                  return None.NONE;
                };
        default -> null;
      };
    }
  }
}
