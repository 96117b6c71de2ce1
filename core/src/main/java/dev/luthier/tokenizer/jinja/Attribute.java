package dev.luthier.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The {@code attribute} argument of filters: a path of names and numbers joined by dots.
 *
 * @param env the rendering
 * @param path names (String) and numbers (Long); empty for the element itself
 * @param otherwise what stands for undefined parts, or {@link None}
 */
record Attribute(Env env, List<Object> path, Object otherwise) {
  static Attribute of(Env env, Object attribute) {
    return of(env, attribute, None.NONE);
  }

  static Attribute of(Env env, Object attribute, Object otherwise) {
    return new Attribute(env, path(env, attribute), otherwise);
  }

  /** Several paths, joined by commas. */
  static List<Attribute> all(Env env, Object attribute) {
    List<Attribute> result = new ArrayList<>();
    if (Types.isString(attribute)) {
      for (String part : Str.of(env, attribute).split(",", -1)) {
        result.add(of(env, part));
      }
    } else {
      result.add(of(env, attribute));
    }
    return result;
  }

  private static List<Object> path(Env env, Object attribute) {
    if (attribute instanceof None) {
      return List.of();
    }
    if (!Types.isString(attribute)) {
      return List.of(attribute);
    }
    List<Object> parts = new ArrayList<>(Arrays.asList(Str.of(env, attribute).split("\\.", -1)));
    parts.replaceAll(p -> isNumber((String) p) ? (Object) Long.valueOf((String) p) : p);
    return parts;
  }

  private static boolean isNumber(String s) {
    return !s.isEmpty() && s.length() < 10 && s.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  Object of(Object item) {
    Object value = item;
    for (Object part : path) {
      value = Access.item(env, value, part);
      if (value instanceof Undefined && !(otherwise instanceof None)) {
        value = otherwise;
      }
    }
    return value;
  }

  /** The attribute with strings in lower case unless case matters. */
  Object folded(Object item, boolean caseSensitive) {
    Object value = of(item);
    return !caseSensitive && Types.isString(value)
        ? Str.of(env, value).toLowerCase(Locale.ROOT)
        : value;
  }
}
