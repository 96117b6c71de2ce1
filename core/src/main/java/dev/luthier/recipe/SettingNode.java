package dev.luthier.recipe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A piece of a configuration, with the place it was read from, for error messages. */
sealed interface SettingNode {
  /** "run.yaml, line 3" or "--set". */
  String origin();

  /** Returns Strings, Lists and Maps, as {@link dev.luthier.SettingType#read} takes them. */
  Object raw();

  /** A single value as written; {@code null} in YAML is no node at all. */
  record Scalar(String text, String origin) implements SettingNode {
    @Override
    public Object raw() {
      return text;
    }
  }

  /** A list. */
  record Sequence(List<SettingNode> items, String origin) implements SettingNode {
    @Override
    public Object raw() {
      return items.stream().map(SettingNode::raw).toList();
    }
  }

  /** A map, in the order written; overrides are put into it. */
  record Mapping(Map<String, SettingNode> entries, String origin) implements SettingNode {
    static Mapping empty(String origin) {
      return new Mapping(new LinkedHashMap<>(), origin);
    }

    /** Returns the values of this map and of all maps in it, under keys joined by dots. */
    Map<String, Object> flat() {
      Map<String, Object> out = new LinkedHashMap<>();
      entries.forEach(
          (key, value) -> {
            if (value instanceof Mapping inner) {
              inner.flat().forEach((rest, item) -> out.put(key + "." + rest, item));
            } else {
              out.put(key, value.raw());
            }
          });
      return out;
    }

    @Override
    public Object raw() {
      Map<String, Object> out = new LinkedHashMap<>();
      entries.forEach((key, value) -> out.put(key, value.raw()));
      return out;
    }
  }
}
