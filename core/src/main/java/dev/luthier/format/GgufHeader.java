package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses and checks the head of one GGUF file. */
final class GgufHeader {
  /** "GGUF" read as a little-endian number. */
  static final int MAGIC = 0x46554747;

  /** Where nothing else is said, tensors stand at multiples of this many bytes. */
  static final int DEFAULT_ALIGNMENT = 32;

  static final String ALIGNMENT = "general.alignment";
  private static final int MOST_DIMENSIONS = 4;

  /** Several times what the largest vocabularies take, and some hundred megabytes. */
  private static final long MOST_VALUES = 4_000_000;

  private static final int DEEPEST_ARRAY = 4;
  private static final int LONGEST_NAME = 65_535;
  private static final int LONGEST_TEXT = 64 << 20;

  private final Path path;
  private final GgufCursor in;
  private final Map<String, GgufValue> values = new LinkedHashMap<>();
  private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
  private long valuesRead;

  private GgufHeader(Path path, GgufCursor in) {
    this.path = path;
    this.in = in;
  }

  static Gguf read(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return new GgufHeader(path, new GgufCursor(path, channel)).parse();
    } catch (IOException e) {
      throw GgufCursor.unreadable(path, e);
    }
  }

  private Gguf parse() throws IOException {
    if (in.int32("the magic number") != MAGIC) {
      throw broken(path, "it does not begin with GGUF");
    }
    int version = version();
    long tensorCount = in.count("the number of tensors", 24);
    long valueCount = in.count("the number of metadata keys", 13);
    for (long i = 0; i < valueCount; i++) {
      String key = in.text("metadata key " + i, LONGEST_NAME);
      if (values.put(key, value(key, type(key), 0)) != null) {
        throw wrongKey(key, "it occurs twice");
      }
    }
    GgufMetadata metadata = new GgufMetadata(path, values);
    int alignment = alignment(metadata);
    for (long i = 0; i < tensorCount; i++) {
      tensor(i, alignment);
    }
    place(alignment);
    return new Gguf(path, version, metadata, tensors);
  }

  private int version() throws IOException {
    int version = in.int32("the version");
    if (version == 2 || version == 3) {
      return version;
    }
    int swapped = Integer.reverseBytes(version);
    if (swapped == 2 || swapped == 3) {
      throw new LuthierException(
          path
              + " is a big-endian GGUF file, which is not read. Take the model's little-endian file"
              + ", or convert it with gguf_convert_endian.py of llama.cpp.");
    }
    throw new LuthierException(
        path
            + " is of GGUF version "
            + Integer.toUnsignedString(version)
            + "; versions 2 and 3 are read. Convert the model again with a current llama.cpp.");
  }

  private GgufValue.Type type(String key) throws IOException {
    int code = in.int32("the type of metadata key '" + Problems.shortened(key) + "'");
    return GgufValue.Type.of(code)
        .orElseThrow(
            () -> wrongKey(key, "its type is " + Integer.toUnsignedString(code) + ", not 0 to 12"));
  }

  private GgufValue value(String key, GgufValue.Type type, int depth) throws IOException {
    if (++valuesRead > MOST_VALUES) {
      throw broken(path, "its metadata have more than " + MOST_VALUES + " values");
    }
    String what = "the value of metadata key '" + Problems.shortened(key) + "'";
    return switch (type) {
      case UINT8 -> new GgufValue.Whole(type, Byte.toUnsignedLong(in.int8(what)));
      case INT8 -> new GgufValue.Whole(type, in.int8(what));
      case UINT16 -> new GgufValue.Whole(type, Short.toUnsignedLong(in.int16(what)));
      case INT16 -> new GgufValue.Whole(type, in.int16(what));
      case UINT32 -> new GgufValue.Whole(type, Integer.toUnsignedLong(in.int32(what)));
      case INT32 -> new GgufValue.Whole(type, in.int32(what));
      case UINT64, INT64 -> new GgufValue.Whole(type, in.int64(what));
      case FLOAT32 -> new GgufValue.Real(type, Float.intBitsToFloat(in.int32(what)));
      case FLOAT64 -> new GgufValue.Real(type, Double.longBitsToDouble(in.int64(what)));
      case BOOL -> new GgufValue.Flag(in.int8(what) != 0);
      case STRING -> new GgufValue.Text(in.text(what, LONGEST_TEXT));
      case ARRAY -> array(key, depth);
    };
  }

  private GgufValue array(String key, int depth) throws IOException {
    if (depth == DEEPEST_ARRAY) {
      throw wrongKey(key, "its arrays are nested more than " + DEEPEST_ARRAY + " deep");
    }
    GgufValue.Type element = type(key);
    long count =
        in.count(
            "the length of metadata key '" + Problems.shortened(key) + "'", element.leastBytes());
    List<GgufValue> out = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      out.add(value(key, element, depth + 1));
    }
    return new GgufValue.Array(element, out);
  }

  private int alignment(GgufMetadata metadata) {
    long alignment = metadata.integer(ALIGNMENT).orElse((long) DEFAULT_ALIGNMENT);
    if (alignment < 1 || alignment > 1 << 30 || Long.bitCount(alignment) != 1) {
      throw wrongKey(ALIGNMENT, "it is " + alignment + ", not a power of two");
    }
    return (int) alignment;
  }

  /** Reads where a tensor stands; its offset counts from the data's start, which comes later. */
  private void tensor(long i, int alignment) throws IOException {
    String name = in.text("the name of tensor " + i, LONGEST_NAME);
    int dimensions = in.int32("the dimensions of tensor '" + Problems.shortened(name) + "'");
    if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
      throw wrong(
          name,
          "it has "
              + Integer.toUnsignedString(dimensions)
              + " dimensions, more than "
              + MOST_DIMENSIONS);
    }
    String what = "the entry of tensor '" + Problems.shortened(name) + "'";
    List<Long> shape = new ArrayList<>();
    for (int d = 0; d < dimensions; d++) {
      shape.add(0, in.int64(what));
    }
    int code = in.int32(what);
    GgufType type =
        GgufType.of(code)
            .orElseThrow(
                () ->
                    new LuthierException(
                        path
                            + ": tensor '"
                            + Problems.shortened(name)
                            + "' is of ggml type "
                            + Integer.toUnsignedString(code)
                            + ", which is not known. Take another file of the model, such as one"
                            + " in Q8_0 or Q4_K_M."));
    long offset = in.int64(what);
    if (offset < 0 || offset % alignment != 0) {
      throw wrong(
          name,
          "its data begin at "
              + Long.toUnsignedString(offset)
              + ", which is no multiple of "
              + alignment);
    }
    long length = length(name, type, shape);
    if (tensors.put(name, new GgufTensor(path, name, type, shape, offset, length)) != null) {
      throw wrong(name, "it occurs twice");
    }
  }

  private long length(String name, GgufType type, List<Long> shape) {
    long columns = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
    if (columns % type.blockValues() != 0) {
      throw wrong(
          name,
          "its rows have "
              + columns
              + " values, which is no multiple of the "
              + type.blockValues()
              + " in a block of "
              + type);
    }
    try {
      long elements = 1;
      for (long n : shape) {
        if (n < 0) {
          throw wrong(name, "its shape " + shape + " has a size below 0");
        }
        elements = Math.multiplyExact(elements, n);
      }
      return Math.multiplyExact(elements / type.blockValues(), (long) type.blockBytes());
    } catch (ArithmeticException e) {
      throw wrong(name, "its shape " + shape + " is larger than any file");
    }
  }

  /** Adds the data's start to all offsets, and checks that data overlap nothing and are there. */
  private void place(int alignment) {
    long start = (in.position() + alignment - 1) / alignment * alignment;
    tensors.replaceAll(
        (name, t) -> {
          if (t.offset() > in.size() - start || t.length() > in.size() - start - t.offset()) {
            throw wrong(
                name,
                "its "
                    + t.length()
                    + " bytes at "
                    + t.offset()
                    + " end after the file's "
                    + Math.max(0, in.size() - start)
                    + " bytes of data");
          }
          return new GgufTensor(path, name, t.type(), t.shape(), start + t.offset(), t.length());
        });
    List<GgufTensor> sorted = new ArrayList<>(tensors.values());
    sorted.sort(Comparator.comparingLong(GgufTensor::offset).thenComparing(GgufTensor::length));
    long end = start;
    for (GgufTensor t : sorted) {
      if (t.offset() < end) {
        throw wrong(t.name(), "its data overlap another tensor's");
      }
      end = t.offset() + t.length();
    }
  }

  private LuthierException wrong(String name, String what) {
    return broken(path, "tensor '" + Problems.shortened(name) + "': " + what);
  }

  private LuthierException wrongKey(String key, String what) {
    return broken(path, "metadata key '" + Problems.shortened(key) + "': " + what);
  }

  static LuthierException broken(Path path, String what) {
    return new LuthierException(
        path
            + " is not a whole GGUF file: "
            + what
            + ". Copy or download it again. See docs/troubleshooting.md#broken-gguf");
  }
}
