package dev.luthier.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.luthier.LuthierException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Parses and checks a safetensors header, streaming, so that a hostile one costs no more than its
 * own bytes.
 */
final class SafetensorsHeader {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxTokenCount(10_000_000)
                  .maxNumberLength(20)
                  .maxStringLength(10_000_000)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();
  private static final int MOST_DIMENSIONS = 16;

  /** Types of the reference implementation that libtorch has no kernels for, or none in Java. */
  private static final Set<String> UNSUPPORTED =
      Set.of("F4", "F6_E2M3", "F6_E3M2", "F8_E8M0", "C64");

  private final Path path;
  private final long dataStart;
  private final long dataLength;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private SafetensorsHeader(Path path, long dataStart, long dataLength) {
    this.path = path;
    this.dataStart = dataStart;
    this.dataLength = dataLength;
  }

  static SafetensorsFile parse(Path path, byte[] json, long dataStart, long fileSize) {
    SafetensorsHeader header = new SafetensorsHeader(path, dataStart, fileSize - dataStart);
    try (JsonParser in = JSON.createParser(text(path, json))) {
      header.object(in);
    } catch (CharacterCodingException e) {
      throw SafetensorsFile.broken(path, "its header is not UTF-8");
    } catch (IOException e) {
      String message = Problems.firstLine(e);
      throw SafetensorsFile.broken(path, "its header is not JSON: " + message);
    }
    header.checkTiling();
    return new SafetensorsFile(path, header.tensors, header.metadata);
  }

  /** Decoded as it is read, so that a large header is not in memory twice. */
  private static Reader text(Path path, byte[] json) {
    if (json[0] != '{') {
      throw SafetensorsFile.broken(path, "its header does not begin with '{'");
    }
    return new InputStreamReader(
        new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
  }

  private void object(JsonParser in) throws IOException {
    in.nextToken();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      JsonToken value = in.nextToken();
      if (value == JsonToken.VALUE_NULL && name.equals("__metadata__")) {
        continue; // MLX writes it so.
      }
      if (value != JsonToken.START_OBJECT) {
        throw wrong(name, "its entry is not an object");
      }
      if (name.equals("__metadata__")) {
        metadata(in);
      } else {
        tensors.put(name, tensor(in, name));
      }
    }
    if (in.currentToken() != JsonToken.END_OBJECT || in.nextToken() != null) {
      throw SafetensorsFile.broken(path, "its header goes on after the closing brace");
    }
  }

  private void metadata(JsonParser in) throws IOException {
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      if (in.nextToken() != JsonToken.VALUE_STRING) {
        throw wrong("__metadata__." + key, "it is not a text");
      }
      metadata.put(key, in.getText());
    }
  }

  private TensorInfo tensor(JsonParser in, String name) throws IOException {
    DType dtype = null;
    List<Long> shape = null;
    List<Long> offsets = null;
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String key = in.currentName();
      in.nextToken();
      switch (key) {
        case "dtype" -> dtype = dtype(in, name);
        case "shape" -> shape = numbers(in, name, key);
        case "data_offsets" -> offsets = numbers(in, name, key);
        default -> throw wrong(name, "it has an unknown key '" + key + "'");
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw wrong(name, "it lacks dtype, shape or data_offsets");
    }
    if (offsets.size() != 2) {
      throw wrong(name, "its data_offsets are " + offsets + ", not two numbers");
    }
    return checked(name, dtype, shape, offsets.get(0), offsets.get(1));
  }

  private DType dtype(JsonParser in, String name) throws IOException {
    String text = in.currentToken() == JsonToken.VALUE_STRING ? in.getText() : "not a text";
    if (UNSUPPORTED.contains(text)) {
      throw new LuthierException(
          path
              + ": tensor '"
              + Problems.shortened(name)
              + "' is of dtype "
              + text
              + ", which is not supported. Take a version of the model in BF16, F16 or F32.");
    }
    return DType.named(text)
        .orElseThrow(
            () -> wrong(name, "its dtype is " + Problems.shortened(text) + ", which is unknown"));
  }

  private List<Long> numbers(JsonParser in, String name, String key) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      throw wrong(name, key + " is not a list");
    }
    List<Long> out = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() != JsonToken.VALUE_NUMBER_INT
          || in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || in.getLongValue() < 0) {
        throw wrong(name, key + " holds something that is not a whole number of 0 or more");
      }
      out.add(in.getLongValue());
      if (out.size() > MOST_DIMENSIONS) {
        throw wrong(name, key + " has more than " + MOST_DIMENSIONS + " numbers");
      }
    }
    return out;
  }

  private TensorInfo checked(String name, DType dtype, List<Long> shape, long begin, long end) {
    if (begin > end || end > dataLength) {
      throw wrong(
          name,
          "its data stand at ["
              + begin
              + ", "
              + end
              + ") where the file has "
              + dataLength
              + " bytes of data");
    }
    long bytes;
    try {
      bytes = dtype.bytes();
      for (long n : shape) {
        bytes = Math.multiplyExact(bytes, n);
      }
    } catch (ArithmeticException e) {
      throw wrong(name, "its shape " + shape + " is larger than any file");
    }
    if (bytes != end - begin) {
      throw wrong(
          name,
          dtype + " " + shape + " takes " + bytes + " bytes but its data are " + (end - begin));
    }
    return new TensorInfo(name, dtype, shape, dataStart + begin, bytes);
  }

  /**
   * Tensors must cover the data without holes or overlaps, as the reference implementation demands.
   */
  private void checkTiling() {
    List<TensorInfo> sorted = new ArrayList<>(tensors.values());
    sorted.sort(Comparator.comparingLong(TensorInfo::offset).thenComparing(TensorInfo::length));
    long at = dataStart;
    for (TensorInfo t : sorted) {
      if (t.offset() != at) {
        throw wrong(
            t.name(),
            t.offset() < at
                ? "its data overlap another tensor's"
                : "there is a hole of " + (t.offset() - at) + " bytes before its data");
      }
      at += t.length();
    }
    if (at != dataStart + dataLength) {
      throw SafetensorsFile.broken(
          path, (dataStart + dataLength - at) + " bytes at its end belong to no tensor");
    }
  }

  private LuthierException wrong(String name, String what) {
    return SafetensorsFile.broken(path, "tensor '" + Problems.shortened(name) + "': " + what);
  }
}
