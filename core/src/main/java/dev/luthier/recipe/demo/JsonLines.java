package dev.luthier.recipe.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;

/** Writes rows as JSON, one to a line. */
final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private JsonLines() {}

  /**
   * Writes rows until the file has at least {@code bytes} bytes or there are no more. The file
   * appears under its name only when it is whole.
   *
   * @throws LuthierException if the file cannot be written
   */
  static void write(Path file, Iterator<?> rows, long bytes) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new LuthierException("cannot make a folder for " + file + ": " + e, e);
    }
    AtomicFile.write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
          long written = 0;
          while (written < bytes && rows.hasNext()) {
            String line = JSON.writeValueAsString(rows.next()) + "\n";
            byte[] encoded = line.getBytes(StandardCharsets.UTF_8);
            out.write(encoded);
            written += encoded.length;
          }
          out.flush();
        });
  }
}
