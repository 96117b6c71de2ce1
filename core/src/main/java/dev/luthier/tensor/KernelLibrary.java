package dev.luthier.tensor;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import dev.luthier.format.Hashes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Our C kernels, compiled for this processor by the machine's own compiler when first needed, and
 * kept in the user's cache folder under a name that tells sources, compiler and processor apart.
 * Without a compiler there is none, and the reason can be read.
 */
final class KernelLibrary {
  private static final List<String> SOURCES =
      List.of(
          "kernels.c",
          "kernels.inc",
          "attention.inc",
          "decode.inc",
          "paged.inc",
          "products.inc",
          "block.inc");

  /** Tried one after another: some compilers lack OpenMP or a flag. */
  private static final List<List<String>> FLAGS =
      List.of(
          List.of("-march=native", "-mprefer-vector-width=512", "-fopenmp"),
          List.of("-march=native", "-fopenmp"),
          List.of("-march=native", "-fopenmp-simd"),
          List.of("-mcpu=native"));

  private static final List<String> COMMON =
      List.of("-O3", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC");

  private static final int COMPILE_SECONDS = 120;

  private static final class Holder {
    static final KernelLibrary INSTANCE = load();
  }

  private final @Nullable NativeLibrary library;
  private final String state;
  private final Map<String, Function> functions = new ConcurrentHashMap<>();

  private KernelLibrary(@Nullable NativeLibrary library, String state) {
    this.library = library;
    this.state = state;
  }

  static KernelLibrary get() {
    return Holder.INSTANCE;
  }

  boolean available() {
    return library != null;
  }

  /** Where it lies, or why there is none. */
  String state() {
    return state;
  }

  void call(String name, @Nullable Object... arguments) {
    function(name).invokeVoid(arguments);
  }

  /** What a function without arguments says. */
  boolean says(String name) {
    return function(name).invokeInt(new Object[0]) != 0;
  }

  private Function function(String name) {
    NativeLibrary loaded = library;
    if (loaded == null) {
      throw new IllegalStateException("no kernels: " + state);
    }
    return functions.computeIfAbsent(name, loaded::getFunction);
  }

  private static KernelLibrary load() {
    if ("off".equalsIgnoreCase(System.getenv("LUTHIER_KERNELS"))) {
      return new KernelLibrary(null, "switched off by LUTHIER_KERNELS=off");
    }
    Native.load(); // libtorch's own OpenMP runtime comes first, and serves both
    Optional<Path> compiler = compiler();
    if (compiler.isEmpty()) {
      return new KernelLibrary(
          null, "no C compiler (cc, gcc or clang) on PATH; steps run faster with one");
    }
    try {
      Path file = compiled(compiler.get());
      return new KernelLibrary(NativeLibrary.getInstance(file.toString()), file.toString());
    } catch (IOException | UnsatisfiedLinkError e) {
      return new KernelLibrary(null, compiler.get() + " could not build them: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new KernelLibrary(null, "interrupted while " + compiler.get() + " built them");
    }
  }

  private static Optional<Path> compiler() {
    String chosen = System.getenv("CC");
    List<String> names =
        chosen == null || chosen.isBlank() ? List.of("cc", "gcc", "clang") : List.of(chosen);
    for (String name : names) {
      for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
        Path file = Path.of(folder).resolve(name);
        if (Files.isExecutable(file) && !Files.isDirectory(file)) {
          return Optional.of(file.toAbsolutePath());
        }
      }
    }
    return Optional.empty();
  }

  private static Path compiled(Path compiler) throws IOException, InterruptedException {
    StringBuilder key = new StringBuilder(processor()).append(compiler).append(FLAGS);
    key.append(Files.getLastModifiedTime(compiler.toRealPath()));
    for (String source : SOURCES) {
      key.append(new String(read(source), StandardCharsets.UTF_8));
    }
    Path folder = cacheFolder();
    String hash = Hashes.text(key.toString()).substring(0, 16);
    Path library = folder.resolve(System.mapLibraryName("luthier-kernels-" + hash));
    if (!Files.exists(library)) {
      Files.createDirectories(folder);
      compile(compiler, folder, library);
    }
    return library;
  }

  private static void compile(Path compiler, Path folder, Path library)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory(folder, "build");
    try {
      for (String source : SOURCES) {
        Files.write(work.resolve(source), read(source));
      }
      String complaint = "";
      for (List<String> flags : FLAGS) {
        complaint = compile(compiler, work, flags);
        if (complaint.isEmpty()) {
          Files.move(work.resolve("out"), library, StandardCopyOption.ATOMIC_MOVE);
          return;
        }
      }
      throw new IOException(complaint);
    } finally {
      try (Stream<Path> files = Files.list(work)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(work);
    }
  }

  /** Empty if it worked, else what the compiler said. */
  private static String compile(Path compiler, Path work, List<String> flags)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(compiler.toString()));
    command.addAll(COMMON);
    command.addAll(flags);
    command.addAll(List.of("-o", "out", SOURCES.get(0), "-lm", "-lpthread"));
    Process process =
        new ProcessBuilder(command)
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(work.resolve("log").toFile())
            .start();
    if (!process.waitFor(COMPILE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return "no end after " + COMPILE_SECONDS + " s";
    }
    if (process.exitValue() == 0) {
      return "";
    }
    String log = Files.readString(work.resolve("log"));
    return log.lines().findFirst().orElse("exit status " + process.exitValue());
  }

  private static byte[] read(String source) throws IOException {
    try (InputStream in = KernelLibrary.class.getResourceAsStream(source)) {
      if (in == null) {
        throw new IOException(source + " is not on the class path");
      }
      return in.readAllBytes();
    }
  }

  private static Path cacheFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return root.resolve("luthier");
  }

  /** What tells one processor's instructions from another's. */
  private static String processor() {
    Path cpuinfo = Path.of("/proc/cpuinfo");
    if (Files.isReadable(cpuinfo)) {
      try (Stream<String> lines = Files.lines(cpuinfo)) {
        return lines
            .filter(l -> l.startsWith("flags") || l.startsWith("Features"))
            .findFirst()
            .orElse("");
      } catch (IOException e) {
        return System.getProperty("os.arch", "");
      }
    }
    return System.getProperty("os.arch", "");
  }
}
