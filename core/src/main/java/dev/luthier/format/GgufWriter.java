package dev.luthier.format;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a GGUF file of version 3: metadata, the list of tensors, then one tensor's bytes after
 * another, each made when it is written. Keys and tensors stand in the order in which they are
 * given; the same ones always give the same bytes.
 */
public final class GgufWriter {
  private static final int VERSION = 3;

  /** Bytes of a tensor's name that ggml has room for. */
  private static final int LONGEST_NAME = 63;

  private static final int MOST_DIMENSIONS = 4;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  private GgufWriter() {}

  /**
   * A tensor to write.
   *
   * @param name at most 63 bytes
   * @param type its element type
   * @param shape its sizes, row-major; at most 4
   * @param data writes its bytes
   */
  public record Entry(String name, GgufType type, List<Long> shape, SafetensorsWriter.Data data) {
    /** Copies the shape and checks it. */
    public Entry {
      shape = List.copyOf(shape);
      if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME
          || shape.size() > MOST_DIMENSIONS
          || shape.stream().anyMatch(n -> n < 0)) {
        throw new IllegalArgumentException("tensor " + name + " " + shape + " cannot be written");
      }
    }

    /** Its bytes. */
    public long length() {
      return type.bytes(shape);
    }
  }

  /**
   * Writes the file, whole or not at all. Tensors begin at multiples of {@code general.alignment},
   * or of 32 where the metadata do not say it.
   *
   * @throws dev.luthier.LuthierException if the file cannot be written
   */
  public static void write(Path path, Map<String, GgufValue> metadata, List<Entry> tensors) {
    int alignment = alignment(metadata);
    byte[] head = new GgufWriter().head(metadata, tensors, alignment);
    long size = head.length;
    for (Entry tensor : tensors) {
      size = Math.addExact(size, padded(tensor.length(), alignment));
    }
    AtomicFile.write(
        path,
        size,
        channel -> {
          SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(head));
          for (Entry tensor : tensors) {
            write(channel, tensor, alignment);
          }
        });
  }

  private static int alignment(Map<String, GgufValue> metadata) {
    return metadata.get(GgufHeader.ALIGNMENT) instanceof GgufValue.Whole w
        ? Math.toIntExact(w.value())
        : GgufHeader.DEFAULT_ALIGNMENT;
  }

  private static void write(FileChannel channel, Entry tensor, int alignment) throws IOException {
    long end = channel.position() + tensor.length();
    tensor.data().writeTo(channel);
    if (channel.position() != end) {
      throw new IOException("tensor " + tensor.name() + " wrote a wrong number of bytes");
    }
    int padding = (int) (padded(end, alignment) - end);
    SafetensorsWriter.writeFully(channel, ByteBuffer.allocate(padding));
  }

  private static long padded(long length, int alignment) {
    return Math.addExact(length, alignment - 1L) / alignment * alignment;
  }

  private byte[] head(Map<String, GgufValue> metadata, List<Entry> tensors, int alignment) {
    try {
      int32(GgufHeader.MAGIC);
      int32(VERSION);
      int64(tensors.size());
      int64(metadata.size());
      for (Map.Entry<String, GgufValue> e : metadata.entrySet()) {
        text(e.getKey());
        int32(e.getValue().type().ordinal());
        value(e.getValue());
      }
      infos(tensors, alignment);
      out.write(new byte[(int) padded(bytes.size(), alignment) - bytes.size()]);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new IllegalArgumentException("the metadata cannot be written: " + e.getMessage(), e);
    }
  }

  private void infos(List<Entry> tensors, int alignment) throws IOException {
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (Entry tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("tensor " + tensor.name() + " is given twice");
      }
      text(tensor.name());
      List<Long> shape = tensor.shape();
      int32(shape.size());
      for (int d = shape.size() - 1; d >= 0; d--) {
        int64(shape.get(d));
      }
      int32(tensor.type().code());
      int64(offset);
      offset += padded(tensor.length(), alignment);
    }
  }

  private void value(GgufValue value) throws IOException {
    if (value instanceof GgufValue.Whole w) {
      whole(w);
    } else if (value instanceof GgufValue.Real r) {
      if (r.type() == GgufValue.Type.FLOAT32) {
        int32(Float.floatToRawIntBits((float) r.value()));
      } else {
        int64(Double.doubleToRawLongBits(r.value()));
      }
    } else if (value instanceof GgufValue.Flag f) {
      out.write(f.value() ? 1 : 0);
    } else if (value instanceof GgufValue.Text t) {
      text(t.value());
    } else if (value instanceof GgufValue.Array a) {
      int32(a.element().ordinal());
      int64(a.values().size());
      for (GgufValue v : a.values()) {
        value(v);
      }
    }
  }

  private void whole(GgufValue.Whole w) throws IOException {
    switch (w.type().leastBytes()) {
      case 1 -> out.writeByte((int) w.value());
      case 2 -> out.writeShort(Short.reverseBytes((short) w.value()));
      case 4 -> int32((int) w.value());
      default -> int64(w.value());
    }
  }

  private void int32(int value) throws IOException {
    out.writeInt(Integer.reverseBytes(value));
  }

  private void int64(long value) throws IOException {
    out.writeLong(Long.reverseBytes(value));
  }

  /** An encoder, unlike getBytes, refuses half of a surrogate pair instead of replacing it. */
  private void text(String text) throws IOException {
    ByteBuffer encoded;
    try {
      encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
    } catch (CharacterCodingException e) {
      throw new IOException("'" + Problems.shortened(text) + "' is no Unicode text", e);
    }
    int64(encoded.remaining());
    out.write(encoded.array(), 0, encoded.remaining());
  }
}
