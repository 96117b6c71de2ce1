package dev.luthier;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Other engines' files, for tests tagged {@code interop}. */
public final class Assets {
  private Assets() {}

  /** A file or folder under the assets. */
  public static Path path(String relative) {
    return Path.of(System.getProperty("luthier.assets", "")).resolve(relative);
  }

  /** A JSON file under the assets. */
  public static JsonNode json(String relative) {
    try {
      return new ObjectMapper().readTree(path(relative).toFile());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A file of raw little-endian float32. */
  public static float[] floats(String relative) {
    try {
      ByteBuffer b =
          ByteBuffer.wrap(Files.readAllBytes(path(relative))).order(ByteOrder.LITTLE_ENDIAN);
      float[] out = new float[b.remaining() / 4];
      b.asFloatBuffer().get(out);
      return out;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A JSON list of lists of numbers. */
  public static long[][] matrix(JsonNode n) {
    long[][] out = new long[n.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = new long[n.get(i).size()];
      for (int j = 0; j < out[i].length; j++) {
        out[i][j] = n.get(i).get(j).asLong();
      }
    }
    return out;
  }
}
