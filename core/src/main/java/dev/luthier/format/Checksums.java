package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * {@code checksums.json}: for every other file of a folder its size in bytes and its CRC32C, eight
 * hexadecimal digits.
 *
 * <pre>
 * {
 *   "optimizer.safetensors": {
 *     "bytes": 23584,
 *     "crc32c": "9ae0daaf"
 *   }
 * }
 * </pre>
 *
 * <p>CRC32C (Castagnoli; RFC 3720, appendix B.4) finds every single bit and every burst of up to 32
 * bits, and misses one in 2^32 of other damage. It guards against broken disks, not against
 * forgery, and costs a tenth of the writing where SHA-256 takes as long as the writing itself.
 */
public final class Checksums {
  /** The file's name in the folder. */
  public static final String FILE = "checksums.json";

  private Checksums() {}

  /**
   * A file as it was written.
   *
   * @param bytes its size
   * @param crc32c of its content, in hexadecimal
   */
  private record Sum(long bytes, String crc32c) {
    static Sum of(Path file) throws IOException {
      CRC32C sum = new CRC32C();
      long bytes = 0;
      try (FileChannel in = FileChannel.open(file)) {
        ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
        while (in.read(piece.clear()) >= 0) {
          bytes += piece.flip().remaining();
          sum.update(piece);
        }
      }
      return new Sum(bytes, String.format("%08x", sum.getValue()));
    }
  }

  /** Writes the file for a flat folder whose other files are complete. */
  public static void write(Path folder) {
    ObjectNode json = Json.object();
    for (String name : SafetensorsIndex.names(folder)) {
      Path file = folder.resolve(name);
      try {
        Sum sum = Sum.of(file);
        json.putObject(name).put("bytes", sum.bytes()).put("crc32c", sum.crc32c());
      } catch (IOException e) {
        throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
      }
    }
    Json.write(folder.resolve(FILE), json);
  }

  /**
   * Reads everything and returns what is not as it was written: for each such file its name, what
   * was expected and what was found. Empty if the folder is whole; files that came to it since, as
   * file managers leave them, do not matter.
   */
  public static List<String> damage(Path folder) {
    Path sums = folder.resolve(FILE);
    if (!Files.exists(sums)) {
      return List.of(FILE + " is missing");
    }
    ObjectNode json;
    try {
      json = Json.read(sums);
    } catch (LuthierException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
    List<String> out = new ArrayList<>();
    json.fields().forEachRemaining(e -> check(folder, e.getKey(), e.getValue(), out));
    return out;
  }

  private static void check(Path folder, String name, JsonNode sum, List<String> out) {
    Path file = folder.resolve(name);
    Sum written = new Sum(sum.path("bytes").asLong(-1), sum.path("crc32c").asText());
    try {
      if (!Files.exists(file)) {
        out.add(name + " is missing");
      } else if (Files.size(file) != written.bytes()) {
        out.add(name + " has " + Files.size(file) + " bytes, was written with " + written.bytes());
      } else {
        Sum found = Sum.of(file);
        if (!found.equals(written)) {
          out.add(name + " has CRC32C " + found.crc32c() + ", was written as " + written.crc32c());
        }
      }
    } catch (IOException e) {
      out.add(name + " cannot be read: " + Reason.of(e));
    }
  }
}
