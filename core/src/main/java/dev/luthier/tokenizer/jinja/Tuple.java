package dev.luthier.tokenizer.jinja;

import java.util.List;

/**
 * A Python tuple.
 *
 * @param items the elements, never changed
 * @param group whether it is a row of {@code groupby}, with names for its two elements
 */
record Tuple(List<Object> items, boolean group) {
  static Tuple of(Object... items) {
    return new Tuple(List.of(items), false);
  }

  static Tuple of(List<Object> items) {
    return new Tuple(items, false);
  }
}
