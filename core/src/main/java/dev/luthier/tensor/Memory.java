package dev.luthier.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Memory figures of this process, in bytes; 0 where the operating system does not tell. */
public final class Memory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  private Memory() {}

  /** Resident bytes now. */
  public static long resident() {
    return field("VmRSS:");
  }

  /** The most resident bytes so far. */
  public static long peakResident() {
    return field("VmHWM:");
  }

  /**
   * Lets {@link #peakResident()} start again from what is resident now.
   *
   * @return whether the operating system let us: Linux, for a process of the same user
   */
  public static boolean resetPeak() {
    try {
      // proc(5), clear_refs: 5 resets the peak resident set size.
      Files.writeString(CLEAR, "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The machine's memory. */
  public static long total() {
    return java.lang.management.ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean os
        ? os.getTotalMemorySize()
        : 4L << 30;
  }

  private static long field(String name) {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(name)) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
