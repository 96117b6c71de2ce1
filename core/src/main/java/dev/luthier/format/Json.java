package dev.luthier.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * JSON files as Hugging Face writes them. Reading is bounded (bytes, values, depth) and refuses
 * what two readers could understand differently: keys that occur twice, anything after the value.
 * {@code NaN} and {@code Infinity} are read, for Python writes them. Every error names the file,
 * the line and the column.
 */
public final class Json {
  /** Bytes that a configuration may have. */
  public static final long CONFIG_BYTES = 64L << 20;

  /** Bytes that a file with a vocabulary may have. */
  public static final long VOCABULARY_BYTES = 512L << 20;

  private static final int DEEPEST = 100;
  private static final JsonMapper CONFIG = mapper(4_000_000);
  private static final JsonMapper VOCABULARY = mapper(40_000_000);

  private Json() {}

  /** Values are counted because small ones cost more memory than their text. */
  private static JsonMapper mapper(long values) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxTokenCount(values)
                    .maxStringLength(20_000_000)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
    return JsonMapper.builder(factory).build();
  }

  /**
   * Reads a configuration: an object in a file of at most {@link #CONFIG_BYTES}.
   *
   * @throws LuthierException naming file, line and column
   */
  public static ObjectNode read(Path file) {
    return read(file, CONFIG_BYTES);
  }

  /**
   * Reads an object.
   *
   * @param mostBytes the largest file to accept
   * @throws LuthierException naming file, line and column
   */
  public static ObjectNode read(Path file, long mostBytes) {
    String text;
    try {
      if (Files.isDirectory(file)) {
        throw new LuthierException(file + " is a folder; expected a JSON file");
      }
      long size = Files.size(file);
      if (size > mostBytes) {
        throw new LuthierException(
            String.format(
                Locale.ROOT,
                "%s has %,d bytes; a JSON file of this kind has at most %,d. Is it the right file?",
                file,
                size,
                mostBytes));
      }
      text = decode(Files.readAllBytes(file));
    } catch (CharacterCodingException e) {
      throw new LuthierException(file + " is not UTF-8 text; expected a JSON object", e);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
    return parse(text, file.toString(), mostBytes > CONFIG_BYTES ? VOCABULARY : CONFIG);
  }

  /** Reads a configuration; empty if there is no such file. */
  public static Optional<ObjectNode> readIfThere(Path file) {
    return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
  }

  /**
   * Parses an object.
   *
   * @param where what the text is called in errors
   */
  public static ObjectNode parse(String text, String where) {
    return parse(text, where, CONFIG);
  }

  private static ObjectNode parse(String text, String where, JsonMapper mapper) {
    try (JsonParser in = mapper.createParser(text)) {
      JsonNode root = mapper.readTree(in);
      if (root == null || root.isMissingNode()) {
        throw new LuthierException(where + " is empty; expected a JSON object");
      }
      if (!(root instanceof ObjectNode object)) {
        throw new LuthierException(
            where
                + " line 1: expected a JSON object, found "
                + root.getNodeType().name().toLowerCase(Locale.ROOT));
      }
      if (in.nextToken() != null) {
        throw new LuthierException(
            at(where, in.currentTokenLocation())
                + ": expected nothing after the object's closing brace");
      }
      return object;
    } catch (JsonProcessingException e) {
      throw new LuthierException(at(where, e.getLocation()) + ": " + Problems.firstLine(e), e);
    } catch (IOException e) {
      throw new LuthierException(where + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static String at(String where, @org.jspecify.annotations.Nullable JsonLocation at) {
    return at == null ? where : where + " line " + at.getLineNr() + ", column " + at.getColumnNr();
  }

  /** UTF-8 with or without a byte order mark; anything else is refused. */
  private static String decode(byte[] bytes) throws CharacterCodingException {
    int skip =
        bytes.length >= 3
                && bytes[0] == (byte) 0xEF
                && bytes[1] == (byte) 0xBB
                && bytes[2] == (byte) 0xBF
            ? 3
            : 0;
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(bytes, skip, bytes.length - skip))
        .toString();
  }

  /** A new, empty object. */
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** The text that {@link #write} writes. */
  public static String pretty(JsonNode value) {
    return JsonText.of(value);
  }

  /** Writes a file, whole or not at all: two spaces of indentation and a newline at the end. */
  public static void write(Path file, JsonNode value) {
    AtomicFile.writeText(file, pretty(value));
  }
}
