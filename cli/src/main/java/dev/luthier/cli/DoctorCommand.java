package dev.luthier.cli;

import dev.luthier.Versions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code luthier doctor}: what this machine and this build have, and what is off and why. */
@Command(
    name = "doctor",
    description = "Says what this machine and this build have, and what is off and why.",
    footer = {"", "Example:", "  luthier doctor --json"})
final class DoctorCommand implements Callable<Integer> {
  /** Width of the names on the left. */
  private static final int LABEL = 12;

  private final Console console;

  @Mixin private final HelpOption help = new HelpOption();
  @Mixin private final JsonOption json = new JsonOption();

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Map<String, Object> report = report();
    if (json.json) {
      console.json(report);
      return Program.DONE;
    }
    report.forEach((key, value) -> console.out().println(line(key, value)));
    return Program.DONE;
  }

  private static Map<String, Object> report() {
    Map<String, Object> report = new LinkedHashMap<>();
    Map<String, String> versions = new TreeMap<>(Versions.all());
    versions.put("java", Runtime.version().toString());
    report.put("versions", versions);
    report.put("processor", Processor.name());
    report.put("features", Processor.features());
    report.put("cores", Runtime.getRuntime().availableProcessors());
    report.put("heap_bytes", Runtime.getRuntime().maxMemory());
    report.put("memory_bytes", Processor.memoryBytes());
    NativeReport.addTo(report);
    return report;
  }

  private static String line(String key, Object value) {
    String text;
    if (value instanceof Map<?, ?> map) {
      // Reasons are sentences, so each has a line of its own.
      String between = key.equals("off") ? "\n" + " ".repeat(LABEL + 1) : ", ";
      text =
          String.join(
              between, map.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
    } else if (value instanceof List<?> list) {
      text =
          list.isEmpty() ? "none" : String.join("; ", list.stream().map(String::valueOf).toList());
    } else if (key.endsWith("_bytes") && value instanceof Long bytes) {
      text = (bytes >> 20) + " MiB";
    } else {
      text = String.valueOf(value);
    }
    return String.format("%-" + LABEL + "s %s", key.replace("_bytes", "").replace('_', ' '), text);
  }
}
