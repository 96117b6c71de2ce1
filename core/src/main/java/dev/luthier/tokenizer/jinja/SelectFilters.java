package dev.luthier.tokenizer.jinja;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** {@code map}, {@code select} and {@code reject}, with and without attributes. */
final class SelectFilters {
  private SelectFilters() {}

  static void register(Map<String, Filters.Filter> table) {
    table.put("map", SelectFilters::map);
    table.put("select", (e, v, a) -> select(e, v, a, false, true));
    table.put("reject", (e, v, a) -> select(e, v, a, false, false));
    table.put("selectattr", (e, v, a) -> select(e, v, a, true, true));
    table.put("rejectattr", (e, v, a) -> select(e, v, a, true, false));
  }

  /** None and other false values have no elements here. */
  private static Iterator<Object> elements(Env env, Object v) {
    return Truth.of(v) ? Iteration.of(env, v) : Collections.emptyIterator();
  }

  private static Object map(Env env, Object v, Args args) {
    return Generator.of(
        new Lazy(
            env,
            () -> {
              if (!Truth.of(v)) {
                return Collections.emptyIterator();
              }
              Function<Object, Object> change = mapping(env, args);
              return Lazy.mapped(env, () -> Iteration.of(env, v), change);
            }));
  }

  private static Function<Object, Object> mapping(Env env, Args args) {
    if (args.positional().isEmpty() && args.named().containsKey("attribute")) {
      Args.Bound b = args.bind("map", 0, "attribute", "default");
      return Attribute.of(env, b.required(0), b.get(1, None.NONE))::of;
    }
    if (args.positional().isEmpty()) {
      throw Fault.value("map requires a filter argument");
    }
    String name = Str.require(args.positional().get(0), "the name of a filter");
    Filters.Filter filter = Filters.find(name);
    Args rest = args.from(1);
    return item -> filter.apply(env, item, rest);
  }

  private static Object select(Env env, Object v, Args args, boolean byAttribute, boolean wanted) {
    return Generator.of(
        new Lazy(
            env,
            () -> {
              if (!Truth.of(v)) {
                return Collections.emptyIterator();
              }
              Function<Object, Object> test = testing(env, args, byAttribute);
              return Lazy.filtered(
                  env, () -> elements(env, v), item -> Truth.of(test.apply(item)) == wanted);
            }));
  }

  private static Function<Object, Object> testing(Env env, Args args, boolean byAttribute) {
    List<Object> given = args.positional();
    if (byAttribute && given.isEmpty()) {
      throw Fault.value("Missing parameter for attribute name");
    }
    Attribute attribute = Attribute.of(env, byAttribute ? given.get(0) : None.NONE);
    int offset = byAttribute ? 1 : 0;
    if (given.size() <= offset) {
      return attribute::of;
    }
    String name = Str.require(given.get(offset), "the name of a test");
    Filters.Filter test = Tests.find(name);
    Args rest = args.from(offset + 1);
    return item -> test.apply(env, attribute.of(item), rest);
  }
}
