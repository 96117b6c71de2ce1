package dev.luthier.cli;

import dev.luthier.export.SelfTestReport;
import java.util.LinkedHashMap;
import java.util.Map;
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
    report.notChecked().forEach(what -> console.err().println("self-test: not checked: " + what));
    console
        .err()
        .println(
            report.notChecked().isEmpty()
                ? "self-test: passed"
                : "self-test: passed what could be checked; see docs/self-test.md#not-checked");
    return Optional.of(report);
  }

  /** For {@code --json}; numbers that were not measured are left out. */
  static Map<String, Object> fields(SelfTestReport report) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("lines", report.lines());
    out.put("not_checked", report.notChecked());
    if (!Double.isNaN(report.divergence())) {
      out.put("divergence", report.divergence());
      out.put("largest_difference", report.largest());
    }
    return out;
  }
}
