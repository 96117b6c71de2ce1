package dev.luthier.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
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
   * @throws ApiException 403 if there are no folders, 404 if it is in none of them
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
}
