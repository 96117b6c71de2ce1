package dev.luthier.server;

import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** The folders that adapters may be loaded from by request. */
final class AdapterFolders {
  private final List<Path> folders;

  AdapterFolders(List<Path> folders) {
    this.folders = List.copyOf(folders);
  }

  /**
   * An adapter's folder inside one of them; links are followed first. What is outside is not told
   * from what is not there.
   *
   * @throws ApiException 403 if there are no folders, 404 if it is in none of them, 400 if a file
   *     in it could not be read to an end
   */
  Path find(String path) {
    if (folders.isEmpty()) {
      throw ApiException.refused(
          403,
          "lora_path",
          "no_adapter_folder",
          "adapters are not loaded by request: start the server with --adapter-folder DIR, the"
              + " folder that they may come from. See"
              + " docs/troubleshooting.md#serve-adapter-folder");
    }
    for (Path folder : folders) {
      try {
        Path real = folder.toRealPath();
        Path asked = real.resolve(path).toRealPath();
        if (asked.startsWith(real) && !asked.equals(real) && Files.isDirectory(asked)) {
          checkFiles(asked);
          return asked;
        }
      } catch (IOException | InvalidPathException e) {
        // not in this one
      }
    }
    throw ApiException.refused(
        404,
        "lora_path",
        "adapter_not_found",
        "Loading failed: there is no such folder inside the server's adapter folders. See"
            + " docs/troubleshooting.md#serve-adapter-folder");
  }

  /** Who reads a pipe waits until somebody writes to it, which may be for ever. */
  private static void checkFiles(Path adapter) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(adapter)) {
      for (Path file : files) {
        checkFile(file);
      }
    } catch (IOException e) {
      throw unusable(adapter + " cannot be listed: " + Reason.of(e));
    }
  }

  private static void checkFile(Path file) {
    try {
      if (Files.readAttributes(file, BasicFileAttributes.class).isOther()) {
        throw unusable(file + " is a pipe, a socket or a device; expected an ordinary file");
      }
    } catch (NoSuchFileException e) {
      throw unusable(file + " is a link to a file that is not there");
    } catch (IOException e) {
      throw unusable(file + " cannot be read: " + Reason.of(e));
    }
  }

  private static ApiException unusable(String why) {
    return ApiException.invalid(
        "lora_path",
        "Loading failed: " + why + ". See docs/troubleshooting.md#adapter-cannot-be-read");
  }
}
