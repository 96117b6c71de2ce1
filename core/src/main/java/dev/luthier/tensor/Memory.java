package dev.luthier.tensor;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Memory figures of this process, in bytes; 0 where the operating system does not tell. */
public final class Memory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  /** The option's number in glibc's malloc.h. */
  private static final int MMAP_THRESHOLD = -3;

  /** POSIX's advice that pages are not needed for now. */
  private static final int DONT_NEED = 4;

  private static final class Allocator {
    static final Optional<Function> TRIM = find("malloc_trim");
    static final Optional<Function> OPTION = find("mallopt");
    static final Optional<Function> ADVICE = find("madvise");

    private static Optional<Function> find(String name) {
      try {
        return Optional.of(NativeLibrary.getInstance("c").getFunction(name));
      } catch (LinkageError e) { // no such call, or JNA cannot unpack its own library
        return Optional.empty();
      }
    }
  }

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

  /**
   * Gives freed memory that the C library holds between pieces in use back to the system: {@code
   * malloc_trim(3)}. Does nothing where there is no such call.
   */
  public static void trim() {
    Allocator.TRIM.ifPresent(call -> call.invokeInt(new Object[] {0L}));
  }

  /**
   * From how many bytes on a tensor has a mapping of its own, which goes back to the system when it
   * is freed; smaller ones come from the heap, which keeps what is freed for the next ones: {@code
   * mallopt(3)}. Does nothing where there is no such call.
   */
  public static void mapFrom(int bytes) {
    Allocator.OPTION.ifPresent(call -> call.invokeInt(new Object[] {MMAP_THRESHOLD, bytes}));
  }

  /**
   * Lets go of the pages of a mapped file that are resident: they are in the system's cache, and
   * come from there when they are read again: {@code madvise(2)}. Does nothing where there is no
   * such call, or where the mapping does not begin on a page.
   */
  public static void forget(MappedByteBuffer file) {
    Pointer start = com.sun.jna.Native.getDirectBufferPointer(file);
    Allocator.ADVICE.ifPresent(
        call -> call.invokeInt(new Object[] {start, new NativeLong(file.capacity()), DONT_NEED}));
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
