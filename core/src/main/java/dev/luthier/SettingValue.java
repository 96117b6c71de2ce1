package dev.luthier;

/**
 * A setting with a notation of its own, such as "0-3". The implementing class also has a {@code
 * public static} method {@code fromSetting(Object)} that takes a String or a List of Strings and
 * throws {@link IllegalArgumentException} with what it expected.
 */
public interface SettingValue {
  /** Returns the String or List of Strings that {@code fromSetting} would read back. */
  Object toSetting();
}
