package dev.luthier.tensor;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads libtorch once, with the settings that it needs.
 *
 * <p>Two of those cannot be set from Java and stand in the environment: {@code
 * OMP_WAIT_POLICY=PASSIVE} (libgomp's spinning workers otherwise steal the processor from
 * OpenBLAS's: a tiny model ran seven times slower) and {@code OPENBLAS_NUM_THREADS=1}. The launcher
 * sets them; an embedder sets them too, or reads {@link #advice()}.
 */
public final class Native {
  private static volatile boolean loaded;

  private Native() {}

  /**
   * Loads the native library; the first call takes a second, later ones nothing.
   *
   * @throws LuthierException if this machine has no native library on the class path
   */
  public static void load() {
    if (!loaded) {
      loadOnce();
    }
  }

  private static synchronized void loadOnce() {
    if (loaded) {
      return;
    }
    // JavaCPP's default bound is four times the Java heap, which large weights exceed; and it reads
    // the resident size at each allocation to enforce it.
    setIfAbsent("org.bytedeco.javacpp.maxphysicalbytes", "0");
    setIfAbsent("org.bytedeco.javacpp.maxbytes", "0");
    try {
      Loader.load(torch.class);
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new LuthierException(
          "libtorch cannot be loaded for this platform ("
              + Loader.getPlatform()
              + "): "
              + e.getMessage()
              + "; build on this machine, or with -Djavacpp.platform="
              + Loader.getPlatform()
              + ". See docs/troubleshooting.md#native-library",
          e);
    }
    loaded = true;
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }

  /**
   * Sets the number of threads that one operator may use.
   *
   * @param threads at least 1; 0 leaves libtorch's choice, the number of cores
   */
  public static void threads(int threads) {
    load();
    if (threads > 0) {
      torch.set_num_threads(threads);
    }
  }

  /** The number of threads that one operator may use. */
  public static int threads() {
    load();
    return torch.get_num_threads();
  }

  /**
   * Whether this processor multiplies bfloat16 matrices in hardware (AVX-512 BF16, AMX, Arm BF16).
   * Where it does not, float32 is faster.
   */
  public static boolean fastBfloat16() {
    Set<String> flags = processorFlags();
    return flags.contains("avx512_bf16") || flags.contains("amx_bf16") || flags.contains("bf16");
  }

  /** The processor's features in Linux' words; empty where the operating system does not tell. */
  static Set<String> processorFlags() {
    Path cpuinfo = Path.of("/proc/cpuinfo");
    try (Stream<String> lines = Files.lines(cpuinfo)) {
      return lines
          .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
          .findFirst()
          .map(line -> Set.copyOf(new HashSet<>(Arrays.asList(line.split("\\s+", -1)))))
          .orElse(Set.of());
    } catch (IOException | UncheckedIOException e) {
      return Set.of();
    }
  }

  /** What in the environment costs speed here, a sentence each; empty if all is well. */
  public static List<String> advice() {
    List<String> advice = new ArrayList<>();
    if (!"PASSIVE".equalsIgnoreCase(System.getenv().getOrDefault("OMP_WAIT_POLICY", ""))) {
      advice.add(
          "set OMP_WAIT_POLICY=PASSIVE in the environment: idle OpenMP threads spin otherwise");
    }
    if (System.getenv("OPENBLAS_NUM_THREADS") == null) {
      advice.add(
          "set OPENBLAS_NUM_THREADS=1 in the environment: its threads compete with libtorch's");
    }
    return advice;
  }
}
