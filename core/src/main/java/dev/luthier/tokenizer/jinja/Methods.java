package dev.luthier.tokenizer.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Methods of lists, tuples, dicts and numbers; those of strings are in {@link StrMethods}. */
final class Methods {
  /** A method of a built-in type. */
  @FunctionalInterface
  interface Method {
    Object call(Env env, Object self, Args args);
  }

  private static final Map<String, Method> LIST =
      Map.of("count", Methods::count, "index", Methods::index, "copy", (e, s, a) -> s);
  private static final Map<String, Method> TUPLE =
      Map.of("count", Methods::count, "index", Methods::index);
  private static final Map<String, Method> DICT = new HashMap<>();
  private static final Map<String, Method> FLOAT =
      Map.of(
          "is_integer", (e, s, a) -> s instanceof Double d && d == Math.rint(d) && !d.isInfinite());
  private static final Map<String, Method> INT =
      Map.of("bit_length", (e, s, a) -> (long) Arith.big(s).abs().bitLength());
  private static final Set<String> LIST_MUTATORS =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
  private static final Set<String> DICT_MUTATORS =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  static {
    DICT.put("keys", (e, s, a) -> view(s, DictView.Kind.KEYS, a));
    DICT.put("values", (e, s, a) -> view(s, DictView.Kind.VALUES, a));
    DICT.put("items", (e, s, a) -> view(s, DictView.Kind.ITEMS, a));
    DICT.put("copy", (e, s, a) -> s);
    DICT.put("get", Methods::get);
  }

  private Methods() {}

  static @Nullable Method find(Object owner, String name) {
    if (owner instanceof Dict) {
      return DICT.get(name);
    }
    if (Types.isString(owner)) {
      return StrMethods.TABLE.get(name);
    }
    if (owner instanceof List) {
      return LIST.get(name);
    }
    if (owner instanceof Tuple || owner instanceof Range) {
      return TUPLE.get(name);
    }
    if (owner instanceof Double) {
      return FLOAT.get(name);
    }
    return Types.isIndex(owner) ? INT.get(name) : null;
  }

  /** Whether this is a method that the immutable sandbox hides because it changes its object. */
  static boolean mutates(Object owner, String name) {
    return owner instanceof List
        ? LIST_MUTATORS.contains(name)
        : owner instanceof Dict && DICT_MUTATORS.contains(name);
  }

  private static Object view(Object self, DictView.Kind kind, Args args) {
    args.bind("dict." + kind, 0);
    return new DictView((Dict) self, kind);
  }

  private static Object get(Env env, Object self, Args args) {
    if (!args.named().isEmpty()) {
      throw Fault.type("dict.get() takes no keyword arguments");
    }
    Args.Bound b = args.bind("get", 1, "key", "default");
    Object value = ((Dict) self).get(env, b.required(0));
    return value == null ? b.get(1, None.NONE) : value;
  }

  private static Object count(Env env, Object self, Args args) {
    Object wanted = args.bind("count", 1, "value").required(0);
    long n = 0;
    for (Object item : Iteration.list(env, self)) {
      n += Order.equal(env, item, wanted) ? 1 : 0;
    }
    return n;
  }

  private static Object index(Env env, Object self, Args args) {
    Args.Bound b = args.bind("index", 1, "value", "start", "stop");
    List<Object> items = Iteration.list(env, self);
    int size = items.size();
    long from = b.integer(1, 0);
    long to = b.integer(2, size);
    from = Math.max(0, from < 0 ? from + size : from);
    to = Math.min(size, to < 0 ? to + size : to);
    for (long i = from; i < to; i++) {
      if (Order.equal(env, items.get((int) i), b.required(0))) {
        return i;
      }
    }
    throw Fault.value(Repr.of(env, b.required(0)) + " is not in " + Types.name(self));
  }
}
