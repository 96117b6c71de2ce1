package dev.luthier.tokenizer.jinja;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Python dict: insertion order, keys equal as Python compares them (1, 1.0 and True are one key,
 * a marked string equals a plain one), the first of equal keys stays.
 */
final class Dict {
  private final Map<Object, Object> values = new LinkedHashMap<>();

  /** Keys that look different from how they are stored. */
  private final Map<Object, Object> originals = new HashMap<>();

  void put(Env env, Object key, Object value) {
    Object stored = key instanceof String s ? env.scan(s) : Keys.of(env, key);
    if (stored != key && !values.containsKey(stored)) {
      originals.put(stored, key);
    }
    values.put(stored, value);
  }

  void putString(String key, Object value) {
    values.put(key, value);
  }

  /**
   * @throws Fault if the key is a list, a dict or anything else that Python cannot hash
   */
  @Nullable Object get(Env env, Object key) {
    return values.get(key instanceof String s ? env.scan(s) : Keys.of(env, key));
  }

  @Nullable Object getString(String key) {
    return values.get(key);
  }

  int size() {
    return values.size();
  }

  /** Keys as stored; {@link #key} gives them back as they were. */
  Set<Map.Entry<Object, Object>> entries() {
    return values.entrySet();
  }

  Map<Object, Object> stored() {
    return values;
  }

  Object key(Object stored) {
    return originals.isEmpty() ? stored : originals.getOrDefault(stored, stored);
  }
}
