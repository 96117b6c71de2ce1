package dev.luthier.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.luthier.LuthierException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes a safetensors file. Tensors stand in the order of {@link DType} and then by name, as the
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
    /** Refuses what a reader would refuse. */
    public Entry {
      shape = List.copyOf(shape);
      if (name.equals("__metadata__") || shape.stream().anyMatch(n -> n < 0)) {
        throw new IllegalArgumentException("cannot be written: " + name + " " + shape);
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
   * @throws dev.luthier.LuthierException if it cannot be written
   * @throws IllegalArgumentException if two entries share a name, or a text is not Unicode
   * @throws IllegalStateException if an entry's data are more or fewer bytes than its length
   */
  public static void write(Path path, List<Entry> entries, Map<String, String> metadata) {
    List<Entry> sorted = new ArrayList<>(entries);
    // The reference implementation compares names by their UTF-8 bytes, not by UTF-16 units.
    sorted.sort(
        Comparator.comparing(Entry::dtype)
            .thenComparing(e -> e.name().getBytes(UTF_8), Arrays::compareUnsigned));
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
          for (Entry entry : sorted) {
            long before = channel.position();
            entry.data().writeTo(channel);
            long written = channel.position() - before;
            if (written != entry.length()) {
              throw new IllegalStateException(
                  String.format(
                      "tensor %s %s %s takes %d bytes, but %d were written",
                      entry.name(), entry.dtype(), entry.shape(), entry.length(), written));
            }
          }
        });
  }

  private static byte[] header(List<Entry> entries, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Set<String> names = new HashSet<>();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      json.writeObjectFieldStart("__metadata__");
      for (Map.Entry<String, String> e : new TreeMap<>(metadata).entrySet()) {
        json.writeStringField(unicode(e.getKey()), unicode(e.getValue()));
      }
      json.writeEndObject();
      long at = 0;
      for (Entry e : entries) {
        if (!names.add(e.name())) {
          throw new IllegalArgumentException("two tensors are called " + e.name());
        }
        writeEntry(json, e, at);
        at += e.length();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    bytes.writeBytes(" ".repeat(-bytes.size() & 7).getBytes(UTF_8));
    if (bytes.size() > SafetensorsFile.LARGEST_HEADER) {
      throw new LuthierException(
          entries.size() + " tensors make a header that no reader accepts; write several files");
    }
    return bytes.toByteArray();
  }

  /** Half of a surrogate pair has no UTF-8 form, and would be replaced silently. */
  private static String unicode(String text) {
    if (!UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException("not Unicode text: " + text);
    }
    return text;
  }

  private static void writeEntry(JsonGenerator json, Entry e, long at) throws IOException {
    json.writeObjectFieldStart(unicode(e.name()));
    json.writeStringField("dtype", e.dtype().name());
    json.writeArrayFieldStart("shape");
    for (long n : e.shape()) {
      json.writeNumber(n);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("data_offsets");
    json.writeNumber(at);
    json.writeNumber(at + e.length());
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Writes all of a buffer. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
