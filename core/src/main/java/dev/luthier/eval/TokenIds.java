package dev.luthier.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.format.Json;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Places;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Ids to run a model on, as transformers names them.
 *
 * @param places where they stand: {@code attention_mask}, 1 for a token and 0 for padding, and
 *     {@code position_ids}; 0 to T-1 in each row where not given, padding counted
 * @param tokens {@code input_ids}, (B, T); in models with an encoder the decoder's behind them
 */
@SuppressWarnings("ArrayRecordComponent")
public record TokenIds(Places places, long[] tokens) {
  private static final long IGNORED = -100;

  /**
   * Reads a JSON object with {@code input_ids} and, where wanted, {@code attention_mask}, {@code
   * position_ids} (one row for all will do) and {@code token_type_ids}: lists of B rows of equal
   * length T. Models with an encoder take {@code decoder_input_ids} or, as transformers, {@code
   * labels}, which are then shifted to the right; other models have no use for labels.
   *
   * @throws LuthierException naming the key, row and column that is wrong
   */
  public static TokenIds read(Path file, LoadedModel model) {
    Transformer.Kind kind = model.transformer().kind();
    ObjectNode root = Json.read(file);
    List<String> known = known(kind);
    root.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                throw new LuthierException(file + ": this model takes " + known + ", found " + key);
              }
            });
    JsonNode ids = root.path("input_ids");
    int rows = ids.size();
    int length = ids.path(0).size();
    if (rows == 0 || length == 0) {
      throw new LuthierException(file + ": expected input_ids as a list of rows of ids");
    }
    long largest = model.transformer().shape().vocabulary() - 1L;
    long[] tokens = matrix(file, root, "input_ids", rows, length, largest);
    long[] mask = mask(file, root, "attention_mask", rows, length);
    Places places = Places.whole(positions(file, root, rows, length), mask, rows, length);
    if (kind == Transformer.Kind.ENCODER_DECODER) {
      return withDecoder(file, root, places, tokens, model);
    }
    if (root.has("token_type_ids")) {
      places = places.withTypes(matrix(file, root, "token_type_ids", rows, length, 1 << 20));
    }
    return new TokenIds(places, tokens);
  }

  private static List<String> known(Transformer.Kind kind) {
    return switch (kind) {
      case DECODER -> List.of("input_ids", "attention_mask", "position_ids", "labels");
      case ENCODER ->
          List.of("input_ids", "attention_mask", "position_ids", "token_type_ids", "labels");
      case ENCODER_DECODER ->
          List.of(
              "input_ids",
              "attention_mask",
              "decoder_input_ids",
              "decoder_attention_mask",
              "labels");
    };
  }

  private static long[] mask(Path file, ObjectNode root, String key, int rows, int length) {
    long[] mask = new long[rows * length];
    Arrays.fill(mask, 1);
    if (root.has(key)) {
      mask = matrix(file, root, key, rows, length, 1);
      checkMask(file, mask, rows, length);
    }
    return mask;
  }

  /** Each row's tokens of the encoder, then those of the decoder. */
  private static TokenIds withDecoder(
      Path file, ObjectNode root, Places encoder, long[] tokens, LoadedModel model) {
    int rows = encoder.rows();
    int source = encoder.queries();
    String key = root.has("decoder_input_ids") ? "decoder_input_ids" : "labels";
    int length = root.path(key).path(0).size();
    if (length == 0) {
      throw new LuthierException(
          file + ": a model with a decoder needs decoder_input_ids or labels");
    }
    long largest = model.transformer().shape().vocabulary() - 1L;
    long[] decoder = matrix(file, root, key, rows, length, largest);
    if (key.equals("labels")) {
      decoder = shifted(decoder, length, model.config());
    }
    long[] mask = mask(file, root, "decoder_attention_mask", rows, length);
    int width = source + length;
    long[] all = new long[rows * width];
    long[] documents = new long[rows * width];
    for (int b = 0; b < rows; b++) {
      System.arraycopy(tokens, b * source, all, b * width, source);
      System.arraycopy(decoder, b * length, all, b * width + source, length);
      System.arraycopy(encoder.documents(), b * source, documents, b * width, source);
      System.arraycopy(mask, b * length, documents, b * width + source, length);
    }
    Places places = Places.whole(new long[rows * width], documents, rows, width);
    return new TokenIds(places.withSource(source), all);
  }

  /** Each row a place to the right, behind the token that the decoder begins with. */
  private static long[] shifted(long[] labels, int length, ObjectNode config) {
    long pad = config.path("pad_token_id").asLong(0);
    long[] out = new long[labels.length];
    for (int i = 0; i < out.length; i++) {
      long before =
          i % length == 0 ? config.path("decoder_start_token_id").asLong(pad) : labels[i - 1];
      out[i] = before == IGNORED ? pad : before;
    }
    return out;
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
        boolean ignored = key.equals("labels") && entry.asLong() == IGNORED;
        boolean fits = entry.asLong() >= 0 && entry.asLong() <= largest;
        if (!entry.isIntegralNumber() || !fits && !ignored) {
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
