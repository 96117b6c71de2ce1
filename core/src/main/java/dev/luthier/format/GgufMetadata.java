package dev.luthier.format;

import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A GGUF file's metadata. A value of another kind than is asked for is an error that names the file
 * and the key; a key that is not there gives an empty answer.
 *
 * @param path the file
 * @param values by key, in the file's order
 */
public record GgufMetadata(Path path, Map<String, GgufValue> values) {
  /** Makes the map unmodifiable, keeping its order. */
  public GgufMetadata {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Whether the key is there. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** A text. */
  public Optional<String> text(String key) {
    return value(key, GgufMetadata::asText, "a text");
  }

  /** A whole number. */
  public Optional<Long> integer(String key) {
    return value(key, GgufMetadata::asInteger, "a whole number");
  }

  /** A number, whole or not. */
  public Optional<Double> number(String key) {
    return value(key, GgufMetadata::asNumber, "a number");
  }

  /** True or false. */
  public Optional<Boolean> flag(String key) {
    return value(key, v -> v instanceof GgufValue.Flag f ? f.value() : null, "true or false");
  }

  /** An array of texts; empty if the key is not there. */
  public List<String> texts(String key) {
    return array(key, GgufMetadata::asText, "texts");
  }

  /** An array of whole numbers; empty if the key is not there. */
  public List<Long> integers(String key) {
    return array(key, GgufMetadata::asInteger, "whole numbers");
  }

  /** An array of numbers, whole or not; empty if the key is not there. */
  public List<Double> numbers(String key) {
    return array(key, GgufMetadata::asNumber, "numbers");
  }

  private static @org.jspecify.annotations.Nullable String asText(GgufValue value) {
    return value instanceof GgufValue.Text t ? t.value() : null;
  }

  private static @org.jspecify.annotations.Nullable Long asInteger(GgufValue value) {
    return value instanceof GgufValue.Whole w
            && (w.value() >= 0 || w.type() != GgufValue.Type.UINT64)
        ? w.value()
        : null;
  }

  private static @org.jspecify.annotations.Nullable Double asNumber(GgufValue value) {
    if (value instanceof GgufValue.Real r) {
      return r.value();
    }
    Long whole = asInteger(value);
    return whole == null ? null : whole.doubleValue();
  }

  private <T> Optional<T> value(
      String key, Function<GgufValue, @org.jspecify.annotations.Nullable T> as, String expected) {
    return Optional.ofNullable(values.get(key)).map(v -> of(key, v, as, expected));
  }

  private <T> List<T> array(
      String key, Function<GgufValue, @org.jspecify.annotations.Nullable T> as, String expected) {
    GgufValue value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (value instanceof GgufValue.Array array) {
      return array.values().stream().map(v -> of(key, v, as, expected)).toList();
    }
    throw wrong(key, value, "an array of " + expected);
  }

  private <T> T of(
      String key,
      GgufValue value,
      Function<GgufValue, @org.jspecify.annotations.Nullable T> as,
      String expected) {
    T out = as.apply(value);
    if (out == null) {
      throw wrong(key, value, expected);
    }
    return out;
  }

  private LuthierException wrong(String key, GgufValue value, String expected) {
    return new LuthierException(
        path
            + ": metadata key '"
            + Problems.shortened(key)
            + "' holds "
            + Problems.shortened(value.toString())
            + " ("
            + value.type()
            + "); expected "
            + expected);
  }
}
