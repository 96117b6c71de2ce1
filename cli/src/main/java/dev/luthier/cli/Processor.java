package dev.luthier.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the processor is and can do, as the operating system tells. */
final class Processor {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  /** The features that decide how fast a model runs; others are left out. */
  private static final List<String> INTERESTING =
      List.of(
          "avx2",
          "fma",
          "f16c",
          "avx512f",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_bf16",
          "amx_int8",
          "asimd",
          "asimddp",
          "bf16",
          "i8mm",
          "sve",
          "sve2");

  private Processor() {}

  /** Returns the processor's name. */
  static String name() {
    return cpuinfo("model name")
        .or(() -> sysctl("machdep.cpu.brand_string"))
        .or(() -> Optional.ofNullable(System.getenv("PROCESSOR_IDENTIFIER")))
        .orElse(System.getProperty("os.arch"));
  }

  /** Returns those of its features that matter here. */
  static List<String> features() {
    String words =
        cpuinfo("flags")
            .or(() -> cpuinfo("Features"))
            .or(() -> sysctl("machdep.cpu.features machdep.cpu.leaf7_features"))
            .orElse("")
            .toLowerCase(Locale.ROOT);
    List<String> all = Arrays.asList(words.split("\\s+"));
    return INTERESTING.stream().filter(all::contains).toList();
  }

  /** Returns the machine's memory, or its container's. */
  static long memoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }

  private static Optional<String> cpuinfo(String key) {
    if (!Files.isReadable(CPUINFO)) {
      return Optional.empty();
    }
    try {
      return Files.readAllLines(CPUINFO).stream()
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> sysctl(String keys) {
    if (!System.getProperty("os.name", "").startsWith("Mac")) {
      return Optional.empty();
    }
    try {
      Process process =
          new ProcessBuilder(("/usr/sbin/sysctl -n " + keys).split(" ", -1))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return Optional.of(
              new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
          .filter(text -> !text.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
