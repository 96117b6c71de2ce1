package dev.luthier.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Ids to run a model on, as transformers names them.
 *
 * @param rows B
 * @param length T
 * @param tokens {@code input_ids}, (B, T)
 * @param mask {@code attention_mask}, (B, T): 1 for a token, 0 for padding; all 1 where not given
 * @param positions {@code position_ids}, (B, T); 0 to T-1 in each row where not given, padding
 *     counted
 */
@SuppressWarnings("ArrayRecordComponent")
public record TokenIds(int rows, int length, long[] tokens, long[] mask, long[] positions) {
  /** Taken and not needed: labels do not change logits. */
  private static final List<String> KNOWN =
      List.of("input_ids", "attention_mask", "position_ids", "labels");

  /**
   * Reads a JSON object with {@code input_ids} and, where wanted, {@code attention_mask} and {@code
   * position_ids}: lists of B rows of equal length T, or {@code position_ids} of one row for all.
   *
   * @param vocabulary V; every id must be below it
   * @throws LuthierException naming the key, row and column that is wrong
   */
  public static TokenIds read(Path file, int vocabulary) {
    ObjectNode root = Json.read(file);
    root.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KNOWN.contains(key)) {
                throw new LuthierException(file + ": this model takes " + KNOWN + ", found " + key);
              }
            });
    JsonNode ids = root.path("input_ids");
    int rows = ids.size();
    int length = ids.path(0).size();
    if (rows == 0 || length == 0) {
      throw new LuthierException(file + ": expected input_ids as a list of rows of ids");
    }
    long[] tokens = matrix(file, root, "input_ids", rows, length, vocabulary - 1L);
    long[] mask = new long[rows * length];
    Arrays.fill(mask, 1);
    if (root.has("attention_mask")) {
      mask = matrix(file, root, "attention_mask", rows, length, 1);
      checkMask(file, mask, rows, length);
    }
    return new TokenIds(rows, length, tokens, mask, positions(file, root, rows, length));
  }

  private static long[] positions(Path file, ObjectNode root, int rows, int length) {
    int given = root.path("position_ids").size() == 1 ? 1 : rows;
    long[] one = new long[0];
    if (root.has("position_ids")) {
      one = matrix(file, root, "position_ids", given, length, Integer.MAX_VALUE);
    }
    long[] positions = new long[rows * length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = one.length == 0 ? i % length : one[i % one.length];
    }
    return positions;
  }

  private static long[] matrix(
      Path file, ObjectNode root, String key, int rows, int length, long largest) {
    JsonNode value = root.path(key);
    if (value.size() != rows) {
      throw new LuthierException(
          file + ": " + key + " has " + value.size() + " rows, expected " + rows);
    }
    long[] out = new long[Math.multiplyExact(rows, length)];
    for (int b = 0; b < rows; b++) {
      if (value.path(b).size() != length) {
        throw new LuthierException(
            file
                + ": row "
                + (b + 1)
                + " of "
                + key
                + " has "
                + value.path(b).size()
                + " entries, expected "
                + length);
      }
      for (int t = 0; t < length; t++) {
        JsonNode entry = value.path(b).path(t);
        if (!entry.isIntegralNumber() || entry.asLong() < 0 || entry.asLong() > largest) {
          throw new LuthierException(
              file
                  + ": row "
                  + (b + 1)
                  + ", entry "
                  + (t + 1)
                  + " of "
                  + key
                  + " is "
                  + entry
                  + ", expected a whole number from 0 to "
                  + largest);
        }
        out[b * length + t] = entry.asLong();
      }
    }
    return out;
  }

  /** Padding stands before or after the tokens; the attention plan takes a row's tokens as one. */
  private static void checkMask(Path file, long[] mask, int rows, int length) {
    for (int b = 0; b < rows; b++) {
      int changes = 0;
      for (int t = 1; t < length; t++) {
        changes += mask[b * length + t] != mask[b * length + t - 1] ? 1 : 0;
      }
      if (changes > 2 || changes == 2 && mask[b * length] == 1) {
        throw new LuthierException(
            file + ": row " + (b + 1) + " of attention_mask has a gap; padding may only surround");
      }
    }
  }
}
