package dev.luthier;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The type of one setting: what it is called in error messages, and how text becomes a value of it.
 *
 * @param name what is expected, for people: "a whole number"
 * @param type the Java type of the record's component
 */
public record SettingType(String name, Type type) {
  /** Returns the setting type of a record component. */
  public static SettingType of(Type type) {
    return new SettingType(describe(type), type);
  }

  /** The record type of a list of groups; empty for any other setting. */
  public static Optional<Class<? extends Record>> recordItem(Type type) {
    return type instanceof ParameterizedType generic
            && generic.getRawType() == List.class
            && generic.getActualTypeArguments()[0] instanceof Class<?> item
            && item.isRecord()
            && !SettingValue.class.isAssignableFrom(item)
        ? Optional.of(item.asSubclass(Record.class))
        : Optional.empty();
  }

  /**
   * Reads a value.
   *
   * @param raw a String, or a List or Map of such
   * @throws IllegalArgumentException when it is not of this type; the message says what was
   *     expected
   */
  public Object read(Object raw) {
    if (type instanceof ParameterizedType generic) {
      return readGeneric(generic, raw);
    }
    Class<?> plain = (Class<?>) type;
    if (SettingValue.class.isAssignableFrom(plain)) {
      return readOwn(plain, raw);
    }
    if (!(raw instanceof String text)) {
      throw new IllegalArgumentException(name);
    }
    try {
      return readText(plain, text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name, e);
    }
  }

  /** Returns what {@link #read} would turn into the value: Strings, Lists and Maps of them. */
  public static Object write(Object value) {
    if (value instanceof SettingValue own) {
      return own.toSetting();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(SettingType::write).toList();
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> out = new LinkedHashMap<>();
      map.forEach((key, item) -> out.put(String.valueOf(key), write(item)));
      return out;
    }
    return value instanceof Number || value instanceof Boolean ? value : value.toString();
  }

  private Object readGeneric(ParameterizedType generic, Object raw) {
    Type[] arguments = generic.getActualTypeArguments();
    if (generic.getRawType() == Optional.class) {
      return raw.equals("") ? Optional.empty() : Optional.of(of(arguments[0]).read(raw));
    }
    if (generic.getRawType() == List.class) {
      SettingType item = of(arguments[0]);
      return listOf(raw).stream().map(item::read).toList();
    }
    if (raw.equals("")) {
      return Map.of();
    }
    if (!(raw instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(name);
    }
    SettingType item = of(arguments[1]);
    Map<String, Object> out = new LinkedHashMap<>();
    map.forEach((key, value) -> out.put(String.valueOf(key), item.read(value)));
    return Collections.unmodifiableMap(out);
  }

  /** A lone word counts as a list of one; the empty word, as the empty list. */
  private List<?> listOf(Object raw) {
    if (raw instanceof List<?> list) {
      return list;
    }
    if (raw instanceof String text) {
      return text.isBlank() ? List.of() : List.of(text);
    }
    throw new IllegalArgumentException(name);
  }

  private Object readText(Class<?> plain, String text) {
    if (plain == String.class) {
      return text;
    }
    if (plain == Path.class) {
      return Path.of(text);
    }
    if (plain == int.class || plain == Integer.class) {
      return Integer.valueOf(text.replace("_", ""));
    }
    if (plain == long.class || plain == Long.class) {
      return Long.valueOf(text.replace("_", ""));
    }
    if (plain == double.class || plain == Double.class) {
      return Double.valueOf(text);
    }
    if (plain == boolean.class || plain == Boolean.class) {
      return readBoolean(text);
    }
    String wanted = canonical(text);
    for (Object constant : constants(plain)) {
      if (canonical(constant.toString()).equals(wanted)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(name);
  }

  private Object readBoolean(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on" -> true;
      case "false", "no", "off" -> false;
      default -> throw new IllegalArgumentException(name);
    };
  }

  private Object readOwn(Class<?> plain, Object raw) {
    try {
      return plain.getMethod("fromSetting", Object.class).invoke(null, raw);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(plain + " has no public static fromSetting(Object)", e);
    }
  }

  private static String describe(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == Optional.class) {
        return describe(arguments[0]);
      }
      if (recordItem(type).isPresent()) {
        return "a list of groups";
      }
      return generic.getRawType() == List.class
          ? "a list, each item " + describe(arguments[0])
          : "a map, each value " + describe(arguments[1]);
    }
    if (!(type instanceof Class<?> plain)) {
      throw new IllegalArgumentException("no setting can have the type " + type);
    }
    if (plain.isEnum()) {
      return Arrays.stream(constants(plain))
          .map(Object::toString)
          .collect(Collectors.joining(" | "));
    }
    return switch (plain.getSimpleName()) {
      case "int", "Integer", "long", "Long" -> "a whole number";
      case "double", "Double" -> "a number";
      case "boolean", "Boolean" -> "true | false";
      case "Path" -> "a path";
      case "String" -> "text";
      default -> "a value";
    };
  }

  private static Object[] constants(Class<?> plain) {
    Object[] constants = plain.getEnumConstants();
    if (constants == null) {
      throw new IllegalArgumentException("no setting can have the type " + plain);
    }
    return constants;
  }

  /** Enum words are read in either case, with either dash. */
  private static String canonical(String text) {
    return text.toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
