package dev.luthier.recipe;

import dev.luthier.Setting;
import dev.luthier.SettingType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One setting of a recipe, as {@code luthier config} lists it.
 *
 * @param key full key, {@code train.seed}
 * @param type what values it takes, for people
 * @param value its default as YAML text; empty when it has none
 * @param required whether it must be given
 * @param help one line
 */
public record SettingKey(
    String key, String type, Optional<String> value, boolean required, String help) {
  /** Lists every setting of a record type, in the order of its components, groups flattened. */
  public static List<SettingKey> of(Class<? extends Record> type) {
    List<SettingKey> out = new ArrayList<>();
    collect(type, "", out);
    return List.copyOf(out);
  }

  private static void collect(Class<? extends Record> type, String prefix, List<SettingKey> out) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = prefix + component.getName();
      Setting setting = component.getAnnotation(Setting.class);
      if (setting == null) {
        collect(component.getType().asSubclass(Record.class), key + ".", out);
      } else {
        boolean empty = setting.value().equals(Setting.REQUIRED);
        out.add(
            new SettingKey(
                key,
                SettingType.of(component.getGenericType()).name(),
                empty ? Optional.empty() : Optional.of(setting.value()),
                empty && component.getType() != Optional.class,
                setting.help()));
      }
    }
  }
}
