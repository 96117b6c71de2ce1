package dev.luthier.data.source;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A value of a row as error messages name it. */
public final class ValueText {
  private static final int SHOWN = 40;

  private ValueText() {}

  /** A string in quotes and cut short, a number or truth value as it is, else what it is. */
  public static String of(@Nullable Object value) {
    if (value instanceof Map<?, ?>) {
      return "an object";
    }
    if (value instanceof List<?>) {
      return "a list";
    }
    if (value instanceof String text) {
      return "\"" + (text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text) + "\"";
    }
    return String.valueOf(value);
  }
}
