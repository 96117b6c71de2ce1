package dev.luthier.export.gotemplate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a Go struct or of a named type: asking for a field that it does not have is an error,
 * where a map gives nothing.
 *
 * @param type its name, for messages
 * @param fields by Go's names, in their order
 * @param items where the type is a slice
 * @param json what {@code json} prints
 * @param prints whether the type has a {@code String} method, which prints the same JSON
 */
public record GoStruct(
    String type,
    Map<String, @Nullable Object> fields,
    @Nullable List<?> items,
    String json,
    boolean prints) {
  /** Copies the fields. */
  public GoStruct {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  GoStruct inBytes() {
    Map<String, @Nullable Object> inner = new LinkedHashMap<>();
    fields.forEach((name, value) -> inner.put(name, Bytes.data(value)));
    return new GoStruct(
        type, inner, items == null ? null : (List<?>) Bytes.data(items), Bytes.of(json), prints);
  }
}
