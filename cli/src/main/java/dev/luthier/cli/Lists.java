package dev.luthier.cli;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Flags that take several values, as settings. */
final class Lists {
  private Lists() {}

  /** Paths or words as a YAML list; empty where none was given. */
  static Optional<String> flag(List<?> given) {
    return given.isEmpty()
        ? Optional.empty()
        : Optional.of(
            given.stream()
                .map(one -> "'" + one.toString().replace("'", "''") + "'")
                .collect(Collectors.joining(", ", "[", "]")));
  }
}
