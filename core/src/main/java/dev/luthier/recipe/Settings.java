package dev.luthier.recipe;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import dev.luthier.SettingType;
import dev.luthier.UsageException;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A run's settings before they are checked: a YAML file, then flags and {@code --set key=value}
 * over it, in the order they are added; the last one wins.
 *
 * <pre>{@code
 * SftSettings settings =
 *     new Settings().file(Path.of("run.yaml")).set("train.learningRate", "1e-4", "--set")
 *         .bind(SftSettings.class);
 * }</pre>
 */
public final class Settings {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private SettingNode.Mapping tree = SettingNode.Mapping.empty("settings");
  private Consumer<Settings> resolver = settings -> {};

  /**
   * Before they are bound, this has a look at them all, and may {@link #replace} some.
   *
   * @param by finds what paths mean
   */
  public Settings resolveWith(Consumer<Settings> by) {
    resolver = by;
    return this;
  }

  /**
   * Takes a YAML file as the start.
   *
   * @throws UsageException when it cannot be read or is not YAML
   */
  public Settings file(Path path) {
    try {
      return yaml(Files.readString(path), path.toString());
    } catch (IOException e) {
      throw new UsageException("--config " + path + ": cannot be read (" + reason(e) + ")");
    }
  }

  /** Takes YAML text as the start; {@code source} names it in error messages. */
  public Settings yaml(String yaml, String source) {
    tree = SettingParser.file(yaml, source);
    return this;
  }

  /**
   * Puts {@code key=value}, as {@code --set} gives it.
   *
   * @throws UsageException when there is no equals sign or no key
   */
  public Settings set(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw new UsageException(
          "--set " + assignment + ": expected key=value, such as --set train.learningRate=1e-4");
    }
    return set(assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "--set");
  }

  /**
   * Puts one value over what is there.
   *
   * @param key full key; what follows the name of a map, dots and all, is a key of that map
   * @param value plain text, or a list or map in YAML's short form
   * @param origin the flag, for error messages
   */
  public Settings set(String key, String value, String origin) {
    String[] parts = key.split("\\.", -1);
    SettingNode.Mapping at = tree;
    for (int i = 0; i < parts.length - 1; i++) {
      SettingNode next = at.entries().get(parts[i]);
      if (!(next instanceof SettingNode.Mapping)) {
        next = SettingNode.Mapping.empty(origin);
        at.entries().put(parts[i], next);
      }
      at = (SettingNode.Mapping) next;
    }
    at.entries().put(parts[parts.length - 1], SettingParser.value(value, origin));
    return this;
  }

  /** Puts a flag's value where the flag was given. */
  public Settings set(String key, Optional<?> value, String flag) {
    return value.isPresent() ? set(key, value.get().toString(), flag) : this;
  }

  /**
   * Puts other paths in the place of those that are there: of a value, of each in a list, and of
   * the {@code path} of each group in a list. Nothing happens where nothing is set.
   *
   * @param key full key
   * @param by what stands in a path's place
   */
  public Settings replace(String key, UnaryOperator<String> by) {
    SettingNode.Mapping at = tree;
    String[] parts = key.split("\\.", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      if (!(at.entries().get(parts[i]) instanceof SettingNode.Mapping inner)) {
        return this;
      }
      at = inner;
    }
    at.entries().computeIfPresent(parts[parts.length - 1], (name, node) -> replaced(node, by));
    return this;
  }

  private static SettingNode replaced(SettingNode node, UnaryOperator<String> by) {
    if (node instanceof SettingNode.Scalar word) {
      return word.text().isEmpty()
          ? word
          : new SettingNode.Scalar(by.apply(word.text()), word.origin());
    }
    if (node instanceof SettingNode.Sequence list) {
      return new SettingNode.Sequence(
          list.items().stream().map(item -> replaced(item, by)).toList(), list.origin());
    }
    ((SettingNode.Mapping) node)
        .entries()
        .computeIfPresent("path", (name, path) -> replaced(path, by));
    return node;
  }

  /**
   * Checks everything.
   *
   * @throws UsageException with every unknown key, wrong type, missing and refused value at once
   */
  public <R extends Record> R bind(Class<R> type) {
    resolver.accept(this);
    return SettingBinder.bind(type, tree);
  }

  /**
   * Returns a record's settings as nested maps of Strings, Numbers, Booleans, Lists and Maps, in
   * the order of its components: the same for equal records, and what {@link #bind} reads back.
   */
  public static Map<String, Object> toMap(Record settings) {
    Map<String, Object> out = new LinkedHashMap<>();
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      Object value = get(settings, component);
      if (component.getAnnotation(Setting.class) == null) {
        out.put(component.getName(), toMap((Record) value));
      } else if (SettingType.recordItem(component.getGenericType()).isPresent()) {
        List<Object> items = new ArrayList<>();
        ((List<?>) value).forEach(item -> items.add(toMap((Record) item)));
        out.put(component.getName(), items);
      } else if (value instanceof Optional<?> optional) {
        optional.ifPresent(inner -> out.put(component.getName(), SettingType.write(inner)));
      } else {
        out.put(component.getName(), SettingType.write(value));
      }
    }
    return out;
  }

  /**
   * Returns what a group of settings has other than its defaults, as {@link #set(String)} takes it.
   *
   * @param group the group's key, such as {@code data}
   */
  public static List<String> changed(String group, Record settings) {
    Map<String, Object> defaults = toMap(SettingDefaults.of(settings.getClass()));
    List<String> changed = new ArrayList<>();
    toMap(settings)
        .forEach(
            (key, value) -> {
              if (!value.equals(defaults.get(key))) {
                boolean plain = !(value instanceof List<?>) && !(value instanceof Map<?, ?>);
                String text = plain ? value.toString() : JSON.valueToTree(value).toString();
                changed.add(group + "." + key + "=" + text);
              }
            });
    return changed;
  }

  /**
   * Returns what differs, one line per setting.
   *
   * @param before what {@link #toMap} gave for the run that was saved
   * @param now what it gives for the run that resumes
   * @return lines such as "train.seed: was 42, is 43"
   */
  public static List<String> differences(Map<String, ?> before, Map<String, ?> now) {
    Map<String, String> old = new LinkedHashMap<>();
    Map<String, String> current = new LinkedHashMap<>();
    flatten("", before, old);
    flatten("", now, current);
    Set<String> keys = new LinkedHashSet<>(current.keySet());
    keys.addAll(old.keySet());
    List<String> out = new ArrayList<>();
    for (String key : keys) {
      String was = old.getOrDefault(key, "not set");
      String is = current.getOrDefault(key, "not set");
      if (!was.equals(is)) {
        out.add(key + ": was " + was + ", is " + is);
      }
    }
    return out;
  }

  private static void flatten(String prefix, Map<?, ?> map, Map<String, String> out) {
    map.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> group) {
            flatten(prefix + key + ".", group, out);
          } else {
            out.put(prefix + key, String.valueOf(value));
          }
        });
  }

  private static Object get(Record settings, RecordComponent component) {
    try {
      return component.getAccessor().invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(settings.getClass() + " is not a public record", e);
    }
  }

  private static String reason(IOException e) {
    return e instanceof java.nio.file.NoSuchFileException ? "no such file" : e.toString();
  }
}
