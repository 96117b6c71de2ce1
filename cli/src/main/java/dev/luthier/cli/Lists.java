package dev.luthier.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Flags that take several values, as settings. */
final class Lists {
  private Lists() {}

  /** The paths as a YAML list; empty where none was given. */
  static Optional<String> flag(List<Path> paths) {
    return paths.isEmpty()
        ? Optional.empty()
        : Optional.of(
            paths.stream()
                .map(path -> "'" + path.toString().replace("'", "''") + "'")
                .collect(Collectors.joining(", ", "[", "]")));
  }
}
