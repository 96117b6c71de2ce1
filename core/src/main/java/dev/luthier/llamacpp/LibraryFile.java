package dev.luthier.llamacpp;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * llama.cpp's library out of the jar {@code de.kherud:llama}, unpacked once into the user's cache
 * folder. None of the jar's classes is reached: its loader would unpack at every start.
 */
final class LibraryFile {
  /** The jar's version is in the folder's name, so that another version's file is another file. */
  private static final String FOLDER = "llama.cpp-" + LlamaCpp.BUILD;

  private LibraryFile() {}

  /** The file's path, after writing it where it is not there or has another length. */
  static Path unpacked() {
    Path folder = cacheFolder().resolve(FOLDER);
    try {
      return unpack(folder);
    } catch (IOException e) {
      throw new LuthierException(
          "llama.cpp's library cannot be unpacked into "
              + folder
              + ": "
              + e
              + ". Set the environment variable XDG_CACHE_HOME to a folder that can be written. See"
              + " docs/troubleshooting.md#llama-cpp",
          e);
    }
  }

  private static Path unpack(Path folder) throws IOException {
    String name = System.mapLibraryName("jllama");
    URLConnection source = resource(platform() + "/" + name).openConnection();
    Path file = folder.resolve(name);
    try (InputStream in = source.getInputStream()) {
      if (Files.isRegularFile(file) && Files.size(file) == source.getContentLengthLong()) {
        return file;
      }
      Files.createDirectories(folder);
      Path temporary = Files.createTempFile(folder, name, ".tmp");
      try {
        Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
        // Another process may do the same at the same time: both move the same bytes.
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(temporary);
      }
      return file;
    }
  }

  /** The jar itself. */
  static Path jar() {
    try {
      String platform = platform() + "/" + System.mapLibraryName("jllama");
      JarURLConnection connection = (JarURLConnection) resource(platform).openConnection();
      return Path.of(connection.getJarFileURL().toURI());
    } catch (IOException | URISyntaxException e) {
      throw new LuthierException("the jar of llama.cpp cannot be found: " + e, e);
    }
  }

  private static URL resource(String path) {
    URL url = LibraryFile.class.getClassLoader().getResource("de/kherud/llama/" + path);
    if (url == null) {
      throw new LuthierException(
          "There is no llama.cpp for this machine ("
              + path
              + " is not in the jar): there are builds for Linux and macOS on x86_64 and aarch64,"
              + " and Windows on x86_64. See docs/troubleshooting.md#llama-cpp");
    }
    return url;
  }

  private static String platform() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String os = name.startsWith("win") ? "Windows" : name.startsWith("mac") ? "Mac" : "Linux";
    String arch = System.getProperty("os.arch", "");
    return os
        + "/"
        + switch (arch) {
          case "amd64" -> "x86_64";
          case "arm64" -> "aarch64";
          default -> arch;
        };
  }

  private static Path cacheFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return root.resolve("luthier");
  }
}
