package dev.luthier.tokenizer.jinja;

import java.math.BigInteger;
import java.util.List;

/** What Python takes for true. */
final class Truth {
  private Truth() {}

  static boolean of(Object v) {
    if (v instanceof Boolean b) {
      return b;
    }
    if (v instanceof String s) {
      return !s.isEmpty();
    }
    if (v instanceof None || v instanceof Undefined) {
      return false;
    }
    if (v instanceof Long n) {
      return n != 0;
    }
    if (v instanceof Double d) {
      return d != 0;
    }
    if (v instanceof BigInteger b) {
      return b.signum() != 0;
    }
    if (v instanceof Markup m) {
      return !m.text().isEmpty();
    }
    return !(v instanceof List<?> l && l.isEmpty()
        || v instanceof Tuple t && t.items().isEmpty()
        || v instanceof Dict d && d.size() == 0
        || v instanceof Range r && r.size() == 0
        || v instanceof DictView w && w.dict().size() == 0);
  }
}
