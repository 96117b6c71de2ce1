package dev.luthier.tokenizer.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code namespace()} makes: the one object whose attributes templates may set. */
final class Namespace implements Attributes {
  final Map<String, Object> values = new LinkedHashMap<>();

  @Override
  public @Nullable Object attribute(Env env, String name) {
    return values.get(name);
  }
}
