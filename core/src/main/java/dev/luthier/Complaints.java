package dev.luthier;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Collects everything that is wrong with a run's settings, so that one error names it all. */
public final class Complaints {
  private final List<String> lines = new ArrayList<>();

  /**
   * Notes a complaint unless the value is acceptable.
   *
   * @param acceptable whether the value can be meant
   * @param key the setting's full key, such as {@code train.seed}
   * @param found the value it has
   * @param expected what it must be: "must be at least 1"
   * @return this
   */
  public Complaints unless(boolean acceptable, String key, Object found, String expected) {
    return acceptable ? this : add(key + " is " + found + ": " + expected + hint(key));
  }

  /**
   * Notes a complaint in its own words.
   *
   * @param line the setting, the value found, and what to change
   * @return this
   */
  public Complaints add(String line) {
    lines.add(line);
    return this;
  }

  /** Notes every complaint of an error that another record has thrown. */
  public Complaints addAll(UsageException error) {
    for (String line : String.valueOf(error.getMessage()).split("\n", -1)) {
      lines.add(line.startsWith("- ") ? line.substring(2) : line);
    }
    return this;
  }

  /** Returns whether there is none. */
  public boolean isEmpty() {
    return lines.isEmpty();
  }

  /**
   * Throws all complaints together, one per line.
   *
   * @throws UsageException when there is at least one
   */
  public void throwIfAny() {
    if (lines.size() == 1) {
      throw new UsageException(lines.get(0));
    }
    if (!lines.isEmpty()) {
      throw new UsageException(
          lines.stream().map(line -> "- " + line).collect(Collectors.joining("\n")));
    }
  }

  private static String hint(String key) {
    return key.isEmpty() ? "" : " (--set " + key + "=...)";
  }
}
