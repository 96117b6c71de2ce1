package dev.luthier.tokenizer.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** All tests by name: what may stand after {@code is}. */
final class Tests {
  private static final Map<String, Filters.Filter> TABLE = new HashMap<>();

  static {
    test("defined", v -> !(v instanceof Undefined));
    test("undefined", v -> v instanceof Undefined);
    test("none", v -> v instanceof None);
    test("boolean", v -> v instanceof Boolean);
    test("true", v -> v instanceof Boolean b && b);
    test("false", v -> v instanceof Boolean b && !b);
    test("integer", Types::isInteger);
    test("float", v -> v instanceof Double);
    test("number", Types::isNumber);
    test("string", Types::isString);
    test("mapping", v -> v instanceof Dict);
    test("iterable", Iteration::possible);
    test("callable", v -> v instanceof Callable || v instanceof Undefined);
    test("escaped", v -> v instanceof Markup);
    test(
        "sequence",
        v ->
            Types.isString(v)
                || v instanceof List
                || v instanceof Tuple
                || v instanceof Dict
                || v instanceof Range
                || v instanceof Undefined);
    TABLE.put("lower", (e, v, a) -> Casing.isLower(e.scan(Str.of(e, v))));
    TABLE.put("upper", (e, v, a) -> Casing.isUpper(e.scan(Str.of(e, v))));
    TABLE.put("odd", (e, v, a) -> remainder(e, v, 2L, 1L));
    TABLE.put("even", (e, v, a) -> remainder(e, v, 2L, 0L));
    TABLE.put(
        "divisibleby",
        (e, v, a) -> remainder(e, v, a.bind("divisibleby", 1, "num").required(0), 0L));
    TABLE.put("filter", (e, v, a) -> v instanceof String s && Filters.exists(s));
    TABLE.put("test", (e, v, a) -> v instanceof String s && exists(s));
    TABLE.put("sameas", (e, v, a) -> same(v, a.bind("sameas", 1, "other").required(0)));
    compare("==", "eq", "equalto");
    compare("!=", "ne");
    compare(">", "gt", "greaterthan");
    compare(">=", "ge");
    compare("<", "lt", "lessthan");
    compare("<=", "le");
    compare("in");
  }

  private Tests() {}

  private static void test(String name, Predicate<Object> test) {
    TABLE.put(
        name,
        (e, v, a) -> {
          a.bind(name, 0);
          return test.test(v);
        });
  }

  private static void compare(String op, String... names) {
    Filters.Filter filter = (e, v, a) -> Order.test(e, op, v, a.bind(op, 1, "other").required(0));
    TABLE.put(op, filter);
    for (String name : names) {
      TABLE.put(name, filter);
    }
  }

  static boolean exists(String name) {
    return TABLE.containsKey(name);
  }

  static Filters.Filter find(String name) {
    Filters.Filter test = TABLE.get(name);
    if (test == null) {
      throw new Fault(Fault.Kind.SYNTAX, "No test named " + Repr.quote(name) + " found");
    }
    return test;
  }

  private static Object remainder(Env env, Object v, Object divisor, Object wanted) {
    return Order.equal(env, Arith.apply(env, "%", v, divisor), wanted);
  }

  /** Identity, where equal small values are one object as they are in Python. */
  private static Object same(Object a, Object b) {
    boolean value = a instanceof Boolean || a instanceof Long || a instanceof String;
    return a == b || value && a.equals(b);
  }
}
