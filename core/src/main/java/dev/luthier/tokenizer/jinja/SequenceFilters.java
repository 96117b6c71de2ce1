package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Filters on sequences and dicts. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void register(Map<String, Filters.Filter> table) {
    table.put("first", SequenceFilters::first);
    table.put("last", SequenceFilters::last);
    table.put("reverse", SequenceFilters::reverse);
    table.put("items", SequenceFilters::items);
    table.put("dictsort", SequenceFilters::dictSort);
    table.put("sort", SequenceFilters::sort);
    table.put("unique", SequenceFilters::unique);
    table.put("min", (e, v, a) -> extreme(e, v, a, "<"));
    table.put("max", (e, v, a) -> extreme(e, v, a, ">"));
    table.put("sum", SequenceFilters::sum);
    table.put("groupby", SequenceFilters::groupBy);
    table.put("batch", SequenceFilters::batch);
    table.put("slice", SequenceFilters::slice);
  }

  private static Object first(Env env, Object v, Args args) {
    args.bind("first", 0);
    Iterator<Object> items = Iteration.of(env, v);
    return items.hasNext() ? items.next() : Undefined.because("No first item, sequence was empty.");
  }

  private static Object last(Env env, Object v, Args args) {
    args.bind("last", 0);
    if (v instanceof Generator) {
      throw Fault.type("'generator' object is not reversible");
    }
    List<Object> items = Iteration.list(env, v);
    return items.isEmpty()
        ? Undefined.because("No last item, sequence was empty.")
        : items.get(items.size() - 1);
  }

  private static Object reverse(Env env, Object v, Args args) {
    args.bind("reverse", 0);
    if (Types.isString(v)) {
      return Str.like(v, env.allocated(Str.reverse(Str.of(env, v))));
    }
    if (!Iteration.possible(v)) {
      throw Fault.type("argument must be iterable");
    }
    List<Object> items = Iteration.list(env, v);
    Collections.reverse(items);
    return v instanceof Generator ? items : new Generator(items.iterator(), "reversed");
  }

  private static Object items(Env env, Object v, Args args) {
    args.bind("items", 0);
    return Generator.of(
        new Lazy(
            env,
            () -> {
              if (v instanceof Undefined) {
                return Collections.emptyIterator();
              }
              if (v instanceof Dict d) {
                return new DictView(d, DictView.Kind.ITEMS).iterator();
              }
              throw Fault.type("Can only get item pairs from a mapping.");
            }));
  }

  private static Comparator<Object> order(Env env) {
    return (a, b) -> {
      env.step();
      return Order.compare(env, "<", a, b);
    };
  }

  /** Values with what they are sorted by. */
  private record Keyed(Object key, Object value) {}

  private static List<Object> sorted(Env env, List<Keyed> items, boolean reverse) {
    Comparator<Object> order = order(env);
    Comparator<Keyed> byKey = (a, b) -> order.compare(a.key(), b.key());
    // Python keeps the order of equal elements also when it sorts the other way round
    try {
      items.sort(reverse ? byKey.reversed() : byKey);
    } catch (IllegalArgumentException e) {
      throw Fault.value("cannot sort values without an order among them, such as nan");
    }
    List<Object> values = new ArrayList<>(items.size());
    items.forEach(item -> values.add(item.value()));
    return values;
  }

  private static Object dictSort(Env env, Object v, Args args) {
    Args.Bound b = args.bind("dictsort", 0, "case_sensitive", "by", "reverse");
    if (!(v instanceof Dict d)) {
      throw v instanceof Undefined u
          ? u.fault()
          : Fault.type("'" + Types.name(v) + "' object has no attribute 'items'");
    }
    String by = b.string(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw Fault.value("You can only sort by either \"key\" or \"value\"");
    }
    Attribute part = Attribute.of(env, by.equals("key") ? 0L : 1L);
    List<Keyed> items = new ArrayList<>();
    for (Object pair : Iteration.list(env, new DictView(d, DictView.Kind.ITEMS))) {
      items.add(new Keyed(part.folded(pair, b.truth(0, false)), pair));
    }
    return sorted(env, items, b.truth(2, false));
  }

  private static Object sort(Env env, Object v, Args args) {
    Args.Bound b = args.bind("sort", 0, "reverse", "case_sensitive", "attribute");
    List<Attribute> attributes = Attribute.all(env, b.get(2, None.NONE));
    boolean caseSensitive = b.truth(1, false);
    List<Keyed> items = new ArrayList<>();
    for (Object item : Iteration.list(env, v)) {
      List<Object> key = new ArrayList<>(attributes.size());
      attributes.forEach(a -> key.add(a.folded(item, caseSensitive)));
      items.add(new Keyed(key, item));
    }
    return sorted(env, items, b.truth(0, false));
  }

  private static Object unique(Env env, Object v, Args args) {
    Args.Bound b = args.bind("unique", 0, "case_sensitive", "attribute");
    Attribute attribute = Attribute.of(env, b.get(1, None.NONE));
    boolean caseSensitive = b.truth(0, false);
    Set<Object> seen = new HashSet<>();
    return Generator.of(
        Lazy.filtered(
            env,
            () -> Iteration.of(env, v),
            item -> seen.add(Keys.of(env, attribute.folded(item, caseSensitive)))));
  }

  private static Object extreme(Env env, Object v, Args args, String op) {
    Args.Bound b = args.bind(op.equals("<") ? "min" : "max", 0, "case_sensitive", "attribute");
    Attribute attribute = Attribute.of(env, b.get(1, None.NONE));
    boolean caseSensitive = b.truth(0, false);
    Iterator<Object> items = Iteration.of(env, v);
    if (!items.hasNext()) {
      return Undefined.because("No aggregated item, sequence was empty.");
    }
    Object best = items.next();
    Object bestKey = attribute.folded(best, caseSensitive);
    while (items.hasNext()) {
      Object item = items.next();
      Object key = attribute.folded(item, caseSensitive);
      if (Order.test(env, op, key, bestKey)) {
        best = item;
        bestKey = key;
      }
    }
    return best;
  }

  private static Object sum(Env env, Object v, Args args) {
    Args.Bound b = args.bind("sum", 0, "attribute", "start");
    Attribute attribute = Attribute.of(env, b.get(0, None.NONE));
    Object total = b.get(1, 0L);
    if (Types.isString(total)) {
      throw Fault.type("sum() can't sum strings [use ''.join(seq) instead]");
    }
    Iterator<Object> items = Iteration.of(env, v);
    while (items.hasNext()) {
      env.step();
      total = Arith.apply(env, "+", total, attribute.of(items.next()));
    }
    return total;
  }

  private static Object groupBy(Env env, Object v, Args args) {
    Args.Bound b = args.bind("groupby", 1, "attribute", "default", "case_sensitive");
    Attribute attribute = Attribute.of(env, b.required(0), b.get(1, None.NONE));
    boolean caseSensitive = b.truth(2, false);
    List<Keyed> keyed = new ArrayList<>();
    for (Object item : Iteration.list(env, v)) {
      keyed.add(new Keyed(attribute.folded(item, caseSensitive), item));
    }
    List<Object> groups = new ArrayList<>();
    List<Object> group = new ArrayList<>();
    Object key = None.NONE;
    for (Object item : sorted(env, keyed, false)) {
      Object next = attribute.folded(item, caseSensitive);
      if (group.isEmpty() || !Order.equal(env, key, next)) {
        group = new ArrayList<>();
        groups.add(new Tuple(List.of(attribute.of(item), group), true));
        key = next;
      }
      group.add(item);
    }
    return groups;
  }

  private static Object batch(Env env, Object v, Args args) {
    Args.Bound b = args.bind("batch", 1, "linecount", "fill_with");
    long size = b.integer(0, 1);
    Object fill = b.get(1, None.NONE);
    return Generator.of(
        new Lazy(
            env,
            () -> {
              List<Object> rows = new ArrayList<>();
              List<Object> row = new ArrayList<>();
              for (Object item : Iteration.list(env, v)) {
                if (row.size() == size) {
                  rows.add(row);
                  row = new ArrayList<>();
                }
                row.add(item);
              }
              if (!row.isEmpty()) {
                if (!(fill instanceof None) && row.size() < size) {
                  env.object(size - row.size());
                  row.addAll(Collections.nCopies((int) (size - row.size()), fill));
                }
                rows.add(row);
              }
              return rows.iterator();
            }));
  }

  private static Object slice(Env env, Object v, Args args) {
    Args.Bound b = args.bind("slice", 1, "slices", "fill_with");
    long slices = b.integer(0, 1);
    Object fill = b.get(1, None.NONE);
    return Generator.of(
        new Lazy(
            env,
            () -> {
              List<Object> items = Iteration.list(env, v);
              if (slices == 0) {
                throw Fault.value("integer division or modulo by zero");
              }
              env.object(4 * Math.max(0, Math.min(slices, Integer.MAX_VALUE)));
              List<Object> result = new ArrayList<>();
              int from = 0;
              for (long i = 0; i < slices; i++) {
                boolean extra = i < items.size() % slices;
                int to = from + (int) (items.size() / slices) + (extra ? 1 : 0);
                List<Object> part = new ArrayList<>(items.subList(from, to));
                if (!(fill instanceof None) && !extra) {
                  part.add(fill);
                }
                result.add(part);
                from = to;
              }
              return result.iterator();
            }));
  }
}
