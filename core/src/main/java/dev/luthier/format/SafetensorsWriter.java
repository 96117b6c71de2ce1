package dev.luthier.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a safetensors file. Tensors stand by falling dtype (largest elements first) and then by
 * name, as the reference implementation writes them, which keeps every tensor aligned; the same
 * tensors always give the same bytes.
 */
public final class SafetensorsWriter {
  /** The reference implementation's order of dtypes, last to first. */
  private static final List<DType> ORDER =
      List.of(
          DType.U64,
          DType.I64,
          DType.F64,
          DType.F32,
          DType.U32,
          DType.I32,
          DType.BF16,
          DType.F16,
          DType.U16,
          DType.I16,
          DType.F8_E4M3,
          DType.F8_E5M2,
          DType.I8,
          DType.U8,
          DType.BOOL);

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamWriteFeature.STRICT_DUPLICATE_DETECTION).build();

  private SafetensorsWriter() {}

  /**
   * A tensor to write.
   *
   * @param name its name
   * @param dtype its element type
   * @param shape its sizes
   * @param data writes its little-endian bytes, row-major
   */
  public record Entry(String name, DType dtype, List<Long> shape, Data data) {
    /** Copies the shape and checks it. */
    public Entry {
      shape = List.copyOf(shape);
      if (name.equals("__metadata__") || shape.stream().anyMatch(n -> n < 0)) {
        throw new IllegalArgumentException("tensor " + name + " " + shape + " cannot be written");
      }
    }

    /** Its bytes. */
    public long length() {
      long bytes = dtype.bytes();
      for (long n : shape) {
        bytes = Math.multiplyExact(bytes, n);
      }
      return bytes;
    }
  }

  /** A tensor's bytes, produced when they are written and not before. */
  public interface Data {
    /** Writes exactly the entry's length. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes the file, whole or not at all.
   *
   * @param metadata {@code __metadata__}; transformers expects {@code format: pt}
   * @throws LuthierException if the file cannot be written, or its header would be larger than
   *     readers accept
   */
  public static void write(Path path, List<Entry> entries, Map<String, String> metadata) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(
        Comparator.comparingInt((Entry e) -> ORDER.indexOf(e.dtype()))
            .thenComparing(
                e -> e.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned));
    byte[] header = header(sorted, metadata);
    long size = 8L + header.length;
    for (Entry entry : sorted) {
      size = Math.addExact(size, entry.length());
    }
    AtomicFile.write(
        path,
        size,
        channel -> {
          ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, length.putLong(header.length).flip());
          writeFully(channel, ByteBuffer.wrap(header));
          long at = channel.position();
          for (Entry entry : sorted) {
            entry.data().writeTo(channel);
            at += entry.length();
            if (channel.position() != at) {
              throw new IOException("tensor " + entry.name() + " wrote a wrong number of bytes");
            }
          }
        });
  }

  private static byte[] header(List<Entry> entries, Map<String, String> metadata) {
    StringWriter text = new StringWriter();
    byte[] bytes;
    try {
      writeHeader(text, entries, metadata);
      // An encoder, unlike getBytes, refuses half of a surrogate pair instead of replacing it.
      ByteBuffer encoded =
          StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text.getBuffer()));
      bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
    } catch (IOException e) {
      throw new IllegalArgumentException("the header cannot be written: " + e.getMessage(), e);
    }
    if (bytes.length + 8L > SafetensorsFile.LARGEST_HEADER) {
      throw new LuthierException(
          "the header of a safetensors file may have "
              + SafetensorsFile.LARGEST_HEADER
              + " bytes; that of these "
              + entries.size()
              + " tensors has "
              + bytes.length);
    }
    byte[] padded = Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8);
    Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeHeader(
      StringWriter text, List<Entry> entries, Map<String, String> metadata) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> e : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(e.getKey(), e.getValue());
        }
        json.writeEndObject();
      }
      long at = 0;
      for (Entry e : entries) {
        json.writeObjectFieldStart(e.name());
        json.writeStringField("dtype", e.dtype().name());
        json.writeArrayFieldStart("shape");
        for (long n : e.shape()) {
          json.writeNumber(n);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("data_offsets");
        json.writeNumber(at);
        at += e.length();
        json.writeNumber(at);
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndObject();
    }
  }

  /** Writes all of a buffer. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
