package dev.luthier.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a safetensors file. Tensors stand by falling element size and then by name, as the
 * reference implementation writes them, which keeps every tensor aligned; the same tensors always
 * give the same bytes.
 */
public final class SafetensorsWriter {
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
    /** Copies the shape. */
    public Entry {
      shape = List.copyOf(shape);
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

  /** Writes the file, whole or not at all. */
  public static void write(Path path, List<Entry> entries, Map<String, String> metadata) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparing((Entry e) -> -e.dtype().bytes()).thenComparing(Entry::name));
    AtomicFile.write(
        path,
        channel -> {
          byte[] header = header(sorted, metadata);
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

  private static byte[] header(List<Entry> entries, Map<String, String> metadata)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> e : new TreeMap<>(metadata).entrySet()) {
        json.writeStringField(e.getKey(), e.getValue());
      }
      json.writeEndObject();
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
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = java.util.Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8);
    java.util.Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
    return padded;
  }

  /** Writes all of a buffer. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
