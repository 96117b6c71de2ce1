package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Nearest;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.SettingType;
import dev.luthier.UsageException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns a tree of nodes into a settings record, noting everything that does not fit. */
final class SettingBinder {
  private final Complaints complaints = new Complaints();
  private final List<String> allKeys;

  private SettingBinder(List<String> allKeys) {
    this.allKeys = allKeys;
  }

  /**
   * Binds a tree.
   *
   * @throws UsageException with every unknown key, wrong type, missing and refused value at once
   */
  static <R extends Record> R bind(Class<R> type, SettingNode.Mapping tree) {
    SettingBinder binder =
        new SettingBinder(SettingKey.of(type).stream().map(SettingKey::key).toList());
    Optional<R> record = binder.record(type, tree, "");
    binder.complaints.throwIfAny();
    return record.orElseThrow();
  }

  private <R extends Record> Optional<R> record(
      Class<R> type, SettingNode.Mapping tree, String prefix) {
    RecordComponent[] components = type.getRecordComponents();
    List<String> names = Arrays.stream(components).map(RecordComponent::getName).toList();
    tree.entries()
        .forEach(
            (name, node) -> {
              if (!names.contains(name)) {
                complaints.add(
                    node.origin()
                        + ": unknown setting "
                        + prefix
                        + name
                        + hint(prefix, name, names));
              }
            });
    Object[] values = new Object[components.length];
    boolean complete = true;
    for (int i = 0; i < components.length; i++) {
      Optional<?> value = component(components[i], tree, prefix);
      complete &= value.isPresent();
      values[i] = value.isPresent() ? value.get() : Optional.empty();
    }
    if (!complete) {
      return Optional.empty();
    }
    try {
      return Optional.of(SettingDefaults.construct(type, values));
    } catch (UsageException e) {
      complaints.addAll(e);
      return Optional.empty();
    }
  }

  /** Returns the component's value, or nothing when a complaint was noted. */
  private Optional<?> component(
      RecordComponent component, SettingNode.Mapping tree, String prefix) {
    String key = prefix + component.getName();
    @Nullable SettingNode node = tree.entries().get(component.getName());
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      return group(component.getType().asSubclass(Record.class), node, key);
    }
    SettingType type = SettingType.of(component.getGenericType());
    if (node == null) {
      return absent(component, type, setting, key);
    }
    Optional<Class<? extends Record>> item = SettingType.recordItem(component.getGenericType());
    if (item.isPresent()) {
      return groups(item.get(), node, key);
    }
    try {
      return Optional.of(type.read(raw(component, node)));
    } catch (IllegalArgumentException e) {
      complaints.add(
          node.origin()
              + ": "
              + key
              + ": expected "
              + e.getMessage()
              + ", found "
              + SettingParser.kind(node));
      return Optional.empty();
    }
  }

  private Optional<?> group(Class<? extends Record> type, @Nullable SettingNode node, String key) {
    if (node == null) {
      return record(type, SettingNode.Mapping.empty("defaults"), key + ".");
    }
    if (node instanceof SettingNode.Mapping mapping) {
      return record(type, mapping, key + ".");
    }
    complaints.add(
        node.origin()
            + ": "
            + key
            + ": expected a group of settings, such as "
            + allKeys.stream().filter(k -> k.startsWith(key + ".")).findFirst().orElse(key)
            + ", found "
            + SettingParser.kind(node));
    return Optional.empty();
  }

  /** A list of groups; a lone word is an item whose first setting it is. */
  private Optional<?> groups(Class<? extends Record> item, SettingNode node, String key) {
    List<SettingNode> nodes =
        node instanceof SettingNode.Sequence sequence ? sequence.items() : List.of(node);
    List<Record> records = new ArrayList<>();
    for (SettingNode one : nodes) {
      SettingNode whole = one;
      if (one instanceof SettingNode.Scalar word) {
        SettingNode.Mapping mapping = SettingNode.Mapping.empty(word.origin());
        mapping.entries().put(item.getRecordComponents()[0].getName(), word);
        whole = mapping;
      }
      Optional<?> record = group(item, whole, key + "[" + records.size() + "]");
      if (record.isEmpty()) {
        return Optional.empty();
      }
      records.add((Record) record.get());
    }
    return Optional.of(List.copyOf(records));
  }

  private Optional<?> absent(
      RecordComponent component, SettingType type, Setting setting, String key) {
    if (component.getType() == Optional.class) {
      return Optional.of(Optional.empty());
    }
    if (setting.value().equals(Setting.REQUIRED)) {
      complaints.add(key + " is not set and has no default: " + setting.help());
      return Optional.empty();
    }
    return Optional.of(type.read(setting.value()));
  }

  /** A map's keys may hold dots, so groups under it are its keys. */
  private static Object raw(RecordComponent component, SettingNode node) {
    return component.getType() == Map.class && node instanceof SettingNode.Mapping mapping
        ? mapping.flat()
        : node.raw();
  }

  /** Looks for a near key in the same group first, then in every group. */
  private String hint(String prefix, String name, List<String> siblings) {
    Optional<String> near = Nearest.to(name, siblings).map(found -> prefix + found);
    if (near.isEmpty()) {
      near =
          allKeys.stream()
              .filter(key -> key.substring(key.lastIndexOf('.') + 1).equalsIgnoreCase(name))
              .findFirst()
              .or(() -> Nearest.to(prefix + name, allKeys));
    }
    return near.map(found -> "; did you mean " + found + "?").orElse("");
  }
}
