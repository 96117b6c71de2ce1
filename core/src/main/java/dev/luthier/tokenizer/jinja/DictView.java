package dev.luthier.tokenizer.jinja;

import java.util.Iterator;
import java.util.Map;

/**
 * What {@code keys()}, {@code values()} and {@code items()} of a dict return.
 *
 * @param dict whose
 * @param kind which of the three
 */
record DictView(Dict dict, Kind kind) {
  enum Kind {
    KEYS("dict_keys"),
    VALUES("dict_values"),
    ITEMS("dict_items");

    final String type;

    Kind(String type) {
      this.type = type;
    }
  }

  Iterator<Object> iterator() {
    Iterator<Map.Entry<Object, Object>> entries = dict.entries().iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return entries.hasNext();
      }

      @Override
      public Object next() {
        Map.Entry<Object, Object> e = entries.next();
        return switch (kind) {
          case KEYS -> dict.key(e.getKey());
          case VALUES -> e.getValue();
          case ITEMS -> Tuple.of(dict.key(e.getKey()), e.getValue());
        };
      }
    };
  }
}
