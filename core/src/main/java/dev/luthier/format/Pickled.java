package dev.luthier.format;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a pickle can hold beside {@code String}, {@code byte[]}, {@code Long}, {@code BigInteger},
 * {@code Double}, {@code Boolean}, {@link DType}, {@link TorchTensor} and {@link TorchStorage}.
 *
 * <p>Containers are equal to themselves alone and print without their contents: a pickle can nest
 * them a million deep or make them hold themselves, and nothing may follow such a chain by calling
 * itself.
 */
final class Pickled {
  private Pickled() {}

  /** The object that there is one of. */
  enum None {
    /** Python's None. */
    NONE
  }

  /** What a sequence is. */
  enum Kind {
    LIST,
    TUPLE,
    SET
  }

  /** A list, tuple or set. */
  static final class Sequence {
    private final Kind kind;
    private final List<Object> items;

    Sequence(Kind kind, List<Object> items) {
      this.kind = kind;
      this.items = new ArrayList<>(items);
    }

    Kind kind() {
      return kind;
    }

    List<Object> items() {
      return items;
    }
  }

  /** A dict, which keeps its order. */
  static final class Dict {
    private final boolean hasAttributes;
    private final Map<Object, Object> items = new LinkedHashMap<>();

    /**
     * @param hasAttributes whether it can have attributes of its own, as an OrderedDict can
     */
    Dict(boolean hasAttributes) {
      this.hasAttributes = hasAttributes;
    }

    boolean hasAttributes() {
      return hasAttributes;
    }

    Map<Object, Object> items() {
      return items;
    }
  }

  /** A value's type in Python's words, for messages. */
  static String type(Object value) {
    if (value instanceof Sequence s) {
      return s.kind().name().toLowerCase(Locale.ROOT);
    }
    if (value instanceof TorchGlobals.Function f) {
      return f.name();
    }
    return value instanceof Dict
        ? "dict"
        : value instanceof String
            ? "str"
            : value instanceof Long ? "int" : value.getClass().getSimpleName();
  }
}
