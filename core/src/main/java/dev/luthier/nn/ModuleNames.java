package dev.luthier.nn;

import dev.luthier.SettingValue;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which modules of a model are meant, by PEFT's rules for {@code target_modules}: an entry of a
 * list matches a module whose path equals it or ends with "." and it; a lone text is a regular
 * expression that must match the whole path, except the word {@code all-linear}.
 *
 * @param regex the regular expression, or {@code all-linear}, or empty when a list is meant
 * @param names the list; empty when a regular expression is meant, or when nothing is
 */
public record ModuleNames(Optional<String> regex, List<String> names) implements SettingValue {
  /** Every linear layer but the output head. */
  public static final String ALL_LINEAR = "all-linear";

  /** Copies the list and checks the regular expression. */
  public ModuleNames {
    names = List.copyOf(names);
    regex.ifPresent(ModuleNames::check);
  }

  /** Matches nothing. */
  public static ModuleNames none() {
    return new ModuleNames(Optional.empty(), List.of());
  }

  /** Returns the list form. */
  public static ModuleNames of(List<String> names) {
    return new ModuleNames(Optional.empty(), names);
  }

  /** Returns the text form: a regular expression, {@code all-linear}, or nothing when blank. */
  public static ModuleNames of(String text) {
    return text.isBlank() ? none() : new ModuleNames(Optional.of(text.strip()), List.of());
  }

  /** Reads a setting: a list of names or a text. */
  public static ModuleNames fromSetting(Object raw) {
    if (raw instanceof String text) {
      return of(text);
    }
    if (raw instanceof List<?> list) {
      return of(list.stream().map(String::valueOf).toList());
    }
    throw new IllegalArgumentException(
        "all-linear, a list of module names, or a regular expression");
  }

  @Override
  public Object toSetting() {
    return regex.isPresent() ? regex.get() : names;
  }

  /** Returns whether every linear layer but the output head is meant; the caller knows which. */
  public boolean isAllLinear() {
    return regex.filter(ALL_LINEAR::equals).isPresent();
  }

  /** Returns whether nothing is meant. */
  public boolean isEmpty() {
    return regex.isEmpty() && names.isEmpty();
  }

  /**
   * Returns whether a module is meant by name; never true for {@code all-linear}.
   *
   * @param path the module's path, such as {@code model.layers.0.self_attn.q_proj}
   */
  public boolean matches(String path) {
    if (regex.isPresent()) {
      return !isAllLinear() && Pattern.matches(regex.get(), path);
    }
    return names.stream().anyMatch(name -> path.equals(name) || path.endsWith("." + name));
  }

  private static void check(String regex) {
    try {
      Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          "a regular expression that matches a whole module path (" + e.getDescription() + ")", e);
    }
  }
}
