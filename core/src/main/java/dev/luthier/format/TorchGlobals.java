package dev.luthier.format;

import dev.luthier.format.Pickled.Dict;
import dev.luthier.format.Pickled.Kind;
import dev.luthier.format.Pickled.None;
import dev.luthier.format.Pickled.Sequence;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The only names that a pickle may ask for, and what they stand for. In Python such a name is an
 * import, and {@code REDUCE} a call of whatever was imported; here each is one of the few things
 * below, none of which does more than to put values together.
 */
final class TorchGlobals {
  private static final Map<String, Object> ALLOWED = new HashMap<>();

  /** What {@code REDUCE} does with a function's arguments. */
  private interface Body {
    Object apply(Arguments in) throws PickleException;
  }

  /**
   * A name that can be called.
   *
   * @param name as the pickle has it
   */
  record Function(String name, Body body) {
    Object call(List<Object> arguments) throws PickleException {
      return body.apply(new Arguments(name, arguments));
    }
  }

  /**
   * A class of storages.
   *
   * @param dtype empty for bytes that have none
   */
  record StorageClass(Optional<DType> dtype) {}

  /** A class that is named and never made: a tensor's own, or what a defaultdict fills in. */
  record Marker(String name) {}

  static {
    Map.of(
            "Double", DType.F64,
            "Float", DType.F32,
            "Half", DType.F16,
            "BFloat16", DType.BF16,
            "Long", DType.I64,
            "Int", DType.I32,
            "Short", DType.I16,
            "Char", DType.I8,
            "Byte", DType.U8,
            "Bool", DType.BOOL)
        .forEach(
            (name, dtype) -> {
              StorageClass held = new StorageClass(Optional.of(dtype));
              ALLOWED.put("torch." + name + "Storage", held);
              ALLOWED.put("torch.cuda." + name + "Storage", held);
            });
    ALLOWED.put("torch.storage.UntypedStorage", new StorageClass(Optional.empty()));
    ALLOWED.put("torch.UntypedStorage", new StorageClass(Optional.empty()));
    for (DType dtype : DType.values()) {
      ALLOWED.put("torch." + dtype.torchName(), dtype);
    }
    for (String name : List.of("torch.Tensor", "torch.nn.parameter.Parameter")) {
      ALLOWED.put(name, new Marker(name));
    }
    function("torch._utils._rebuild_tensor", in -> tensor(in, in.dtype(in.storage(0))));
    function("torch._utils._rebuild_tensor_v2", in -> tensor(in, in.dtype(in.storage(0))));
    function("torch._utils._rebuild_tensor_v3", in -> tensor(in, in.dtype(6)));
    function("torch._utils._rebuild_parameter", in -> in.tensor(0));
    function("torch._utils._rebuild_parameter_with_state", in -> in.tensor(0));
    function("torch._tensor._rebuild_from_type_v2", TorchGlobals::ofType);
    function("torch.Size", in -> new Sequence(Kind.TUPLE, in.items(0)));
    function("torch.device", in -> in.text(0));
    function("torch.serialization._get_layout", in -> in.text(0));
    function("collections.OrderedDict", TorchGlobals::orderedDict);
    function("collections.defaultdict", in -> new Dict(true));
    function("_codecs.encode", TorchGlobals::encoded);
    for (String module : List.of("builtins", "__builtin__")) {
      function(module + ".set", in -> new Sequence(Kind.SET, in.items(0)));
      function(module + ".frozenset", in -> new Sequence(Kind.SET, in.items(0)));
      for (String type : List.of("dict", "list", "int", "float", "str", "bool")) {
        ALLOWED.put(module + "." + type, new Marker(type));
      }
    }
  }

  private TorchGlobals() {}

  private static void function(String name, Body body) {
    ALLOWED.put(name, new Function(name, body));
  }

  /** What a name stands for; empty if it is none of the allowed ones. */
  static Optional<Object> find(String module, String name) {
    return Optional.ofNullable(ALLOWED.get(module + "." + name));
  }

  private static Object tensor(Arguments in, DType dtype) throws PickleException {
    return TorchTensor.of(in.storage(0), dtype, in.number(1), in.numbers(2), in.numbers(3));
  }

  /** {@code (function, class, its arguments, attributes)}: a tensor with Python attributes. */
  private static Object ofType(Arguments in) throws PickleException {
    if (in.get(0) instanceof Function f && f.name().startsWith("torch._utils._rebuild_tensor")) {
      return f.call(in.items(2));
    }
    throw in.wrong(0, "a function that makes a tensor");
  }

  private static Object orderedDict(Arguments in) throws PickleException {
    Dict out = new Dict(true);
    if (in.count() == 0) {
      return out;
    }
    for (Object item : in.items(0)) {
      if (!(item instanceof Sequence pair && pair.items().size() == 2)) {
        throw in.wrong(0, "a list of pairs");
      }
      put(out, pair.items().get(0), pair.items().get(1));
    }
    return out;
  }

  /** Protocol 2 has no bytes; Python writes them as a text in Latin-1. */
  private static Object encoded(Arguments in) throws PickleException {
    if (!in.text(1).equals("latin1")) {
      throw in.wrong(1, "'latin1'");
    }
    return in.text(0).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Sets an item of a dict. */
  static void put(Dict dict, Object key, Object value) throws PickleException {
    if (key instanceof Dict || key instanceof Sequence s && s.kind() != Kind.TUPLE) {
      throw new PickleException("a dict with a " + Pickled.type(key) + " as key");
    }
    dict.items().put(key, value);
  }

  /** A call's arguments, checked as they are asked for. */
  private record Arguments(String function, List<Object> values) {
    int count() {
      return values.size();
    }

    Object get(int i) {
      return i < values.size() ? values.get(i) : None.NONE;
    }

    PickleException wrong(int i, String expected) {
      return new PickleException(
          function
              + " with argument "
              + (i + 1)
              + (i < values.size() ? " a " + Pickled.type(values.get(i)) : " missing")
              + " where "
              + expected
              + " belongs");
    }

    TorchStorage storage(int i) throws PickleException {
      if (get(i) instanceof TorchStorage storage) {
        return storage;
      }
      throw wrong(i, "a storage");
    }

    TorchTensor tensor(int i) throws PickleException {
      if (get(i) instanceof TorchTensor tensor) {
        return tensor;
      }
      throw wrong(i, "a tensor");
    }

    DType dtype(int i) throws PickleException {
      if (get(i) instanceof DType dtype) {
        return dtype;
      }
      throw wrong(i, "a dtype");
    }

    DType dtype(TorchStorage storage) throws PickleException {
      return storage.dtype().orElseThrow(() -> wrong(0, "a storage that has a dtype"));
    }

    String text(int i) throws PickleException {
      if (get(i) instanceof String text) {
        return text;
      }
      throw wrong(i, "a text");
    }

    long number(int i) throws PickleException {
      if (get(i) instanceof Long number) {
        return number;
      }
      throw wrong(i, "a whole number");
    }

    List<Object> items(int i) throws PickleException {
      if (get(i) instanceof Sequence s) {
        return s.items();
      }
      throw wrong(i, "a list or tuple");
    }

    List<Long> numbers(int i) throws PickleException {
      List<Object> items = items(i);
      if (!items.stream().allMatch(Long.class::isInstance)) {
        throw wrong(i, "a tuple of whole numbers");
      }
      return items.stream().map(Long.class::cast).toList();
    }
  }
}
