package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * What bitsandbytes stores of a four-bit matrix beside its tensors: UTF-8 JSON in the uint8 tensor
 * {@code NAME.quant_state.bitsandbytes__TYPE}, as Python's {@code json.dumps} writes it.
 *
 * @param quantType {@code nf4} or {@code fp4}
 * @param blockSize values per scale
 * @param dtype what the matrix was quantized from, as torch names it: {@code bfloat16}
 * @param shape its sizes
 * @param nested of scales that are quantized in turn
 */
public record QuantState(
    String quantType, int blockSize, String dtype, List<Long> shape, Optional<Nested> nested) {
  private static final Pattern WORD = Pattern.compile("[a-z0-9_]{1,40}");
  private static final String FLOAT32 = "float32";
  private static final Set<String> KEYS = Set.of("quant_type", "blocksize", "dtype", "shape");
  private static final Set<String> NESTED_KEYS =
      Set.of("nested_blocksize", "nested_dtype", "nested_offset");

  /**
   * Of scales that are quantized in turn.
   *
   * @param blockSize scales per scale of theirs
   * @param offset what is added to each
   */
  public record Nested(int blockSize, double offset) {}

  /** Copies the shape. */
  public QuantState {
    shape = List.copyOf(shape);
  }

  /**
   * Reads it.
   *
   * @param where what it is called in errors
   * @throws LuthierException if it is not an object of exactly the keys that are known
   */
  public static QuantState parse(byte[] json, String where) {
    ObjectNode object = Json.parse(new String(json, StandardCharsets.UTF_8), where);
    Set<String> keys = new TreeSet<>();
    object.fieldNames().forEachRemaining(keys::add);
    Set<String> expected = new TreeSet<>(KEYS);
    boolean isNested = keys.stream().anyMatch(NESTED_KEYS::contains);
    if (isNested) {
      expected.addAll(NESTED_KEYS);
    }
    if (!keys.equals(expected)) {
      throw new LuthierException(
          where + ": expected the keys " + expected + ", found " + Problems.shortened("" + keys));
    }
    Optional<Nested> nested = Optional.empty();
    if (isNested) {
      if (!object.path("nested_dtype").asText().equals(FLOAT32)) {
        throw wrong(where, "nested_dtype", object, "\"float32\"");
      }
      JsonNode offset = object.path("nested_offset");
      if (!offset.isNumber() || !Double.isFinite(offset.doubleValue())) {
        throw wrong(where, "nested_offset", object, "a finite number");
      }
      nested =
          Optional.of(new Nested(size(where, "nested_blocksize", object), offset.doubleValue()));
    }
    return new QuantState(
        text(where, "quant_type", object),
        size(where, "blocksize", object),
        text(where, "dtype", object),
        shape(where, object),
        nested);
  }

  private static String text(String where, String key, ObjectNode object) {
    if (!object.path(key).isTextual() || !WORD.matcher(object.path(key).textValue()).matches()) {
      throw wrong(where, key, object, "a name");
    }
    return object.path(key).textValue();
  }

  private static int size(String where, String key, ObjectNode object) {
    JsonNode n = object.path(key);
    if (!n.isIntegralNumber() || !n.canConvertToInt() || n.intValue() < 1) {
      throw wrong(where, key, object, "a whole number of 1 or more");
    }
    return n.intValue();
  }

  private static List<Long> shape(String where, ObjectNode object) {
    JsonNode sizes = object.path("shape");
    boolean whole =
        sizes.isArray()
            && StreamSupport.stream(sizes.spliterator(), false)
                .allMatch(n -> n.isIntegralNumber() && n.canConvertToInt() && n.intValue() > 0);
    if (!whole || sizes.size() != 2) {
      throw wrong(where, "shape", object, "two whole numbers of 1 or more");
    }
    return List.of(sizes.get(0).longValue(), sizes.get(1).longValue());
  }

  private static LuthierException wrong(
      String where, String key, ObjectNode object, String expected) {
    String found = Problems.shortened(object.path(key).toString());
    return new LuthierException(where + ": " + key + " is " + found + "; expected " + expected);
  }

  /** The bytes that bitsandbytes would write. */
  public byte[] toBytes() {
    StringBuilder out = new StringBuilder("{\"quant_type\": \"").append(quantType);
    out.append("\", \"blocksize\": ").append(blockSize);
    out.append(", \"dtype\": \"").append(dtype);
    out.append("\", \"shape\": ").append(shape);
    nested.ifPresent(
        n ->
            out.append(", \"nested_blocksize\": ")
                .append(n.blockSize())
                .append(", \"nested_dtype\": \"" + FLOAT32 + "\", \"nested_offset\": ")
                .append(PythonFloat.repr(n.offset())));
    return out.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }
}
