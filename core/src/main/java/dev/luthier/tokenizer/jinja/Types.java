package dev.luthier.tokenizer.jinja;

import java.math.BigInteger;
import java.util.List;

/** Python's names for the types of values. */
final class Types {
  private Types() {}

  static String name(Object v) {
    if (v instanceof String) {
      return "str";
    }
    if (v instanceof Boolean) {
      return "bool";
    }
    if (v instanceof Long || v instanceof BigInteger) {
      return "int";
    }
    if (v instanceof Double) {
      return "float";
    }
    if (v instanceof None) {
      return "NoneType";
    }
    if (v instanceof List) {
      return "list";
    }
    return v instanceof Tuple ? "tuple" : v instanceof Dict ? "dict" : rare(v);
  }

  private static String rare(Object v) {
    if (v instanceof Markup || v instanceof Undefined || v instanceof Macro) {
      return v.getClass().getSimpleName();
    }
    if (v instanceof Range) {
      return "range";
    }
    if (v instanceof Generator g) {
      return g.type();
    }
    if (v instanceof DictView d) {
      return d.kind().type;
    }
    if (v instanceof Namespace) {
      return "Namespace";
    }
    if (v instanceof Loop) {
      return "LoopContext";
    }
    return v instanceof Callable ? "builtin_function_or_method" : "object";
  }

  static boolean isString(Object v) {
    return v instanceof String || v instanceof Markup;
  }

  static boolean isInteger(Object v) {
    return v instanceof Long || v instanceof BigInteger;
  }

  /** Whether Python sees an int there: an integer or a boolean. */
  static boolean isIndex(Object v) {
    return v instanceof Long || v instanceof Boolean || v instanceof BigInteger;
  }

  static boolean isNumber(Object v) {
    return v instanceof Number || v instanceof Boolean;
  }
}
