package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What Go's templates do with values: null is nil, a String is bytes, numbers are Long or Double.
 */
final class Values {
  private Values() {}

  /** What a loop meets. */
  record Entry(@Nullable Object key, @Nullable Object value) {}

  /** Whether it counts as true: not nil, false, 0 or empty. */
  static boolean truth(@Nullable Object value) {
    if (value == null) {
      return false;
    }
    if (value instanceof Boolean b) {
      return b;
    }
    if (value instanceof Long n) {
      return n != 0;
    }
    if (value instanceof Double n) {
      return n != 0;
    }
    if (value instanceof GoStruct struct) {
      return struct.items() == null || !struct.items().isEmpty();
    }
    return size(value) != 0;
  }

  /** Elements or bytes; -1 where a value has none. */
  static int size(@Nullable Object value) {
    if (value instanceof String s) {
      return s.length();
    }
    if (value instanceof Map<?, ?> m) {
      return m.size();
    }
    List<?> list = list(value);
    return list == null ? -1 : list.size();
  }

  static @Nullable List<?> list(@Nullable Object value) {
    if (value instanceof GoStruct struct) {
      return struct.items();
    }
    return value instanceof List<?> list ? list : null;
  }

  static @Nullable Object field(@Nullable Object value, String name, int line) {
    if (value instanceof Map<?, ?> map) {
      return map.get(name);
    }
    if (value instanceof GoStruct struct && struct.fields().containsKey(name)) {
      return struct.fields().get(name);
    }
    if (value == null) {
      throw new GoTemplateException(line, "nil pointer evaluating interface {}." + name);
    }
    throw new GoTemplateException(line, "can't evaluate field " + name + " in type " + type(value));
  }

  /** What {@code range} goes through; maps by their keys' order. */
  static List<Entry> entries(@Nullable Object value, int line) {
    List<Entry> out = new ArrayList<>();
    List<?> list = list(value);
    if (list != null) {
      for (int i = 0; i < list.size(); i++) {
        out.add(new Entry((long) i, list.get(i)));
      }
    } else if (value instanceof Map<?, ?> map) {
      sorted(map).forEach((key, item) -> out.add(new Entry(key, item)));
    } else if (value instanceof Long count) {
      for (long i = 0; i < count; i++) {
        out.add(new Entry(i, i));
      }
    } else if (value != null) {
      throw new GoTemplateException(line, "range can't iterate over " + Format.text(value));
    }
    return out;
  }

  static Map<String, @Nullable Object> sorted(Map<?, ?> map) {
    Map<String, @Nullable Object> out = new TreeMap<>();
    map.forEach((key, item) -> out.put(String.valueOf(key), item));
    return out;
  }

  static String type(@Nullable Object value) {
    if (value == null) {
      return "nil";
    }
    if (value instanceof GoStruct struct) {
      return struct.type();
    }
    if (value instanceof String) {
      return "string";
    }
    if (value instanceof Boolean) {
      return "bool";
    }
    if (value instanceof Long) {
      return "int";
    }
    if (value instanceof Double) {
      return "float64";
    }
    return value instanceof Map<?, ?> ? "map[string]interface {}" : "[]interface {}";
  }
}
