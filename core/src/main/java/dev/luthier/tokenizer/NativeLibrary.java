package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/**
 * Unpacks and loads the Rust library that lies in DJL's jar. DJL's own loader is passed by: it
 * probes for CUDA first (200 ms and a second native library), may download, and hides why unpacking
 * failed. The file's place is the same, so that both share it.
 */
final class NativeLibrary {
  private static boolean loaded;
  private static boolean isTemporary;

  private NativeLibrary() {}

  /** Does nothing the second time. */
  static synchronized void load() {
    if (loaded) {
      return;
    }
    // No class that reports usage or downloads is reached from here; these keep it so for good.
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
    Path folder = cacheFolder();
    try {
      for (String name : fileNames()) {
        System.load(unpack(name, folder).toAbsolutePath().toString());
      }
    } catch (IOException | UnsatisfiedLinkError e) {
      throw new LuthierException(
          "The tokenizers library cannot be loaded: "
              + e
              + ". It is unpacked into "
              + folder
              + ", which must be writable and allow programs to run; the environment variable"
              + " ENGINE_CACHE_DIR names another folder",
          e);
    }
    loaded = true;
  }

  private static Path cacheFolder() {
    Optional<String> chosen = setting("ENGINE_CACHE_DIR").or(() -> setting("DJL_CACHE_DIR"));
    if (chosen.isPresent()) {
      return Path.of(chosen.get(), "tokenizers");
    }
    Path home = Path.of(System.getProperty("user.home", "."));
    if (Files.isWritable(home)) {
      return home.resolve(".djl.ai").resolve("tokenizers");
    }
    // Not a fixed place: anyone may write there, and what lies there would be run.
    try {
      Path temporary = Files.createTempDirectory("luthier-tokenizers");
      isTemporary = true;
      deleteAtExit(temporary);
      return temporary;
    } catch (IOException e) {
      throw new LuthierException(
          "The tokenizers library must be unpacked, but neither the home folder "
              + home
              + " nor the temporary folder "
              + System.getProperty("java.io.tmpdir")
              + " can be written to: set the environment variable ENGINE_CACHE_DIR to one that can",
          e);
    }
  }

  /** Where the cache is temporary. The last one named is deleted first. */
  private static void deleteAtExit(Path path) {
    if (isTemporary) {
      path.toFile().deleteOnExit();
    }
  }

  private static Optional<String> setting(String name) {
    return Optional.ofNullable(System.getenv(name))
        .or(() -> Optional.ofNullable(System.getProperty(name)))
        .filter(value -> !value.isEmpty());
  }

  /** In the order of loading; on Windows the library needs three others. */
  private static List<String> fileNames() {
    List<String> names = new ArrayList<>();
    if (platform().startsWith("win-")) {
      names.addAll(List.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll"));
    }
    names.add(System.mapLibraryName("tokenizers"));
    return names;
  }

  private static String platform() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String os = name.startsWith("win") ? "win" : name.startsWith("mac") ? "osx" : "linux";
    String arch = System.getProperty("os.arch", "");
    return os
        + "-"
        + switch (arch) {
          case "amd64" -> "x86_64";
          case "arm64" -> "aarch64";
          default -> arch;
        };
  }

  /** The file's path, after writing it where it is not there or has another length. */
  private static Path unpack(String name, Path cache) throws IOException {
    URLConnection source = resource("native/lib/" + platform() + "/cpu/" + name).openConnection();
    Path folder = cache.resolve(version() + "-cpu-" + platform());
    Path file = folder.resolve(name);
    try (InputStream in = source.getInputStream()) {
      if (Files.isRegularFile(file) && Files.size(file) == source.getContentLengthLong()) {
        return file;
      }
      Files.createDirectories(folder);
      deleteAtExit(folder);
      Path temporary = Files.createTempFile(folder, name, ".tmp");
      try {
        Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
        // Another process may do the same at the same time: both move the same bytes.
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        deleteAtExit(file);
      } finally {
        Files.deleteIfExists(temporary);
      }
      return file;
    }
  }

  private static String version() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = resource("native/lib/tokenizers.properties").openStream()) {
      properties.load(in);
    }
    return properties.getProperty("version", "unknown");
  }

  private static URL resource(String path) throws IOException {
    URL url = NativeLibrary.class.getClassLoader().getResource(path);
    if (url == null) {
      throw new FileNotFoundException(
          path
              + " is not on the class path (there are builds for Linux on x86_64 and aarch64, macOS"
              + " on aarch64, Windows on x86_64)");
    }
    return url;
  }
}
