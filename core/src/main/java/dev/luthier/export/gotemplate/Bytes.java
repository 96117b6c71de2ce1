package dev.luthier.export.gotemplate;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts to strings of bytes and back. */
final class Bytes {
  private Bytes() {}

  /** "é" to the two chars 0xC3 0xA9. */
  static String of(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** The way back; what is no UTF-8 becomes U+FFFD. */
  static String text(String bytes) {
    return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  /** Data with all texts in it as bytes, whole numbers as Long and others as Double. */
  static @Nullable Object data(@Nullable Object value) {
    if (value instanceof String text) {
      return of(text);
    }
    if (value instanceof Integer number) {
      return number.longValue();
    }
    if (value instanceof Float number) {
      return number.doubleValue();
    }
    if (value instanceof List<?> list) {
      List<@Nullable Object> out = new ArrayList<>(list.size());
      list.forEach(item -> out.add(data(item)));
      return out;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> out = new LinkedHashMap<>();
      map.forEach((key, item) -> out.put(of(String.valueOf(key)), data(item)));
      return out;
    }
    return value instanceof GoStruct struct ? struct.inBytes() : value;
  }
}
