package dev.luthier;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Optional;

/** Settings records as their {@link Setting} annotations say. */
public final class SettingDefaults {
  private SettingDefaults() {}

  /**
   * Returns the record with every setting at its default.
   *
   * @param type a record whose components carry {@link Setting} or are such records
   * @param <R> the record's type
   * @throws IllegalArgumentException when a setting has no default
   */
  public static <R extends Record> R of(Class<R> type) {
    Object[] values =
        Arrays.stream(type.getRecordComponents()).map(SettingDefaults::value).toArray();
    return construct(type, values);
  }

  /**
   * Calls a record's canonical constructor.
   *
   * @throws UsageException what the record complains about
   */
  public static <R extends Record> R construct(Class<R> type, Object[] values) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(type + " is not a public settings record", e);
    }
  }

  private static Object value(RecordComponent component) {
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      return of(component.getType().asSubclass(Record.class));
    }
    if (component.getType() == Optional.class) {
      return Optional.empty();
    }
    if (setting.value().equals(Setting.REQUIRED)) {
      throw new IllegalArgumentException(component + " has no default");
    }
    return SettingType.of(component.getGenericType()).read(setting.value());
  }
}
