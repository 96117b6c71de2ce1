package dev.luthier;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one component of a settings record. The default stands here and nowhere else: the
 * binder, {@code luthier config} and {@link SettingDefaults} all read it.
 *
 * <p>A component whose type is a record without this annotation on its own value is a group of
 * further settings, and needs no default.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
  /** The {@link #value} of a setting that has no default and must be given. */
  String REQUIRED = "\0required";

  /** What it does, its unit and its choices, in one line. */
  String help();

  /**
   * The default as one would write it in YAML; {@link #REQUIRED} when it must be given. Components
   * of type {@link java.util.Optional} are empty by default and leave this alone.
   */
  String value() default REQUIRED;
}
