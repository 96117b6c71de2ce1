package dev.luthier.cli;

import picocli.CommandLine.Option;

/** {@code --json}. */
final class JsonOption {
  @Option(names = "--json", description = "Print one JSON object on stdout and nothing else there.")
  boolean json;
}
