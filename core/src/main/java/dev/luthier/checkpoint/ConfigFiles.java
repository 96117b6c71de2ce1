package dev.luthier.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the JSON files of model and adapter folders. */
final class ConfigFiles {
  private static final long LARGEST = 64 << 20;
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(100).maxNumberLength(100).build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .build());

  private ConfigFiles() {}

  /**
   * A JSON object.
   *
   * @param expected what the folder should be, for messages
   */
  static ObjectNode read(Path file, String expected) {
    if (!Files.isRegularFile(file)) {
      throw new LuthierException(file + " is not there; expected " + expected);
    }
    try {
      if (Files.size(file) > LARGEST) {
        throw new LuthierException(file + " is larger than " + LARGEST + " bytes");
      }
      if (JSON.readTree(file.toFile()) instanceof ObjectNode json) {
        return json;
      }
      throw new LuthierException(file + " is not a JSON object");
    } catch (JsonProcessingException e) {
      String at = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
      throw new LuthierException(file + " is not JSON" + at + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }
}
