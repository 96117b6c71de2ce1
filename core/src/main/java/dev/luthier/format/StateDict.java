package dev.luthier.format;

import dev.luthier.format.Pickled.Dict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A model's tensors among all that a checkpoint holds.
 *
 * @param key the key of the checkpoint under which they stand; empty if it is the state dict itself
 * @param prefix what stood before every name and is not among the names any more
 * @param tensors by name
 */
record StateDict(String key, String prefix, Map<String, TorchTensor> tensors) {
  /** Where training programs put the model's tensors among others. */
  private static final List<String> KEYS =
      List.of("model", "state_dict", "model_state_dict", "module", "model_state", "weights");

  /** What wrappers put before every name: DataParallel, torch.compile. */
  private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

  private static final int MOST_WRAPPERS = 4;
  private static final String ATTRIBUTE = "model.";

  /** The state dict of an object that torch.save wrote: itself, or a value of it. */
  static StateDict of(Object object) throws PickleException {
    if (!(object instanceof Dict dict)) {
      throw new PickleException(
          "it holds a " + Pickled.type(object) + " where a state dict was expected");
    }
    String key = key(dict);
    Map<String, TorchTensor> tensors =
        key.isEmpty()
            ? tensors(dict)
            : tensors((Dict) Objects.requireNonNull(dict.items().get(key)));
    return unwrapped(key, tensors);
  }

  private static String key(Dict dict) throws PickleException {
    List<String> nested = new ArrayList<>();
    dict.items()
        .forEach(
            (k, v) -> {
              if (k instanceof String name && v instanceof Dict d && !tensors(d).isEmpty()) {
                nested.add(name);
              }
            });
    for (String key : KEYS) {
      if (nested.contains(key)) {
        return key;
      }
    }
    if (!tensors(dict).isEmpty()) {
      return "";
    }
    if (nested.size() == 1) {
      return nested.get(0);
    }
    List<String> keys =
        dict.items().keySet().stream().map(k -> Problems.shortened(String.valueOf(k))).toList();
    throw new PickleException(
        "it is no dict of tensors, nor is exactly one of its values: "
            + (keys.isEmpty() ? "it is empty" : SafetensorsIndex.listed(keys))
            + ". Save the model's state dict alone");
  }

  private static Map<String, TorchTensor> tensors(Dict dict) {
    Map<String, TorchTensor> out = new LinkedHashMap<>();
    dict.items()
        .forEach(
            (k, v) -> {
              if (k instanceof String name && v instanceof TorchTensor tensor) {
                out.put(name, tensor);
              }
            });
    return out;
  }

  private static StateDict unwrapped(String key, Map<String, TorchTensor> stored) {
    Map<String, TorchTensor> tensors = stored;
    StringBuilder prefix = new StringBuilder();
    for (int i = 0; i < MOST_WRAPPERS; i++) {
      for (String wrapper : WRAPPERS) {
        if (tensors.keySet().stream().allMatch(n -> n.startsWith(wrapper))) {
          tensors = without(wrapper, tensors);
          prefix.append(wrapper);
        }
      }
    }
    if (isAttribute(tensors.keySet())) {
      tensors = without(ATTRIBUTE, tensors);
      prefix.append(ATTRIBUTE);
    }
    return new StateDict(key, prefix.toString(), tensors);
  }

  /** A Lightning module calls the model it holds {@code model}, whose parts begin so as well. */
  private static boolean isAttribute(Set<String> names) {
    return names.stream().allMatch(n -> n.startsWith(ATTRIBUTE))
        && names.stream()
            .anyMatch(n -> n.startsWith("model.model.") || n.equals("model.lm_head.weight"));
  }

  private static Map<String, TorchTensor> without(String prefix, Map<String, TorchTensor> tensors) {
    Map<String, TorchTensor> out = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> out.put(name.substring(prefix.length()), tensor));
    return out;
  }
}
