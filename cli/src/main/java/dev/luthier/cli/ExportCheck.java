package dev.luthier.cli;

import dev.luthier.export.SelfTestReport;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Whether llama.cpp tries what was exported. */
final class ExportCheck {
  @Option(
      names = "--check",
      arity = "1",
      paramLabel = "true|false",
      description =
          "Whether llama.cpp must read the same tokens and predict the same with the file, or it"
              + " is rejected; true if not given.")
  private boolean check = true;

  /** Has it tried, and says what came out. */
  Optional<SelfTestReport> run(Console console, Supplier<SelfTestReport> test) {
    if (!check) {
      return Optional.empty();
    }
    console.err().println("self-test: llama.cpp runs the file in a process of its own");
    SelfTestReport report = test.get();
    report.lines().forEach(line -> console.err().println("self-test: " + line));
    return Optional.of(report);
  }
}
