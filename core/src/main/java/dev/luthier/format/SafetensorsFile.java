package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A safetensors file's header: 8 bytes of little-endian header length, a JSON object {@code {name:
 * {dtype, shape, data_offsets: [begin, end)}}} with an optional {@code __metadata__}, and the data.
 * Opening reads the header alone, and believes nothing of it before it is checked against the file:
 * offsets must tile the data exactly.
 *
 * @param path the file
 * @param tensors by name, in the header's order
 * @param metadata the header's {@code __metadata__}
 */
public record SafetensorsFile(
    Path path, Map<String, TensorInfo> tensors, Map<String, String> metadata)
    implements WeightFile {
  /** Makes the maps unmodifiable, keeping their order. */
  public SafetensorsFile {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** The reference implementation's limit. */
  static final long LARGEST_HEADER = 100_000_000;

  /**
   * Reads and checks the header.
   *
   * @throws LuthierException naming the file, the tensor and what is wrong
   */
  public static SafetensorsFile open(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw broken(path, "it has " + size + " bytes, fewer than the 8 of a header length");
      }
      long header = readFully(channel, path, 0, 8).order(ByteOrder.LITTLE_ENDIAN).getLong();
      if (header < 2 || header > LARGEST_HEADER || header > size - 8) {
        throw broken(
            path,
            "its header length is "
                + Long.toUnsignedString(header)
                + " in a file of "
                + size
                + " bytes (at most "
                + LARGEST_HEADER
                + ")");
      }
      ByteBuffer json = readFully(channel, path, 8, (int) header);
      return SafetensorsHeader.parse(path, json.array(), 8 + header, size);
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static ByteBuffer readFully(FileChannel channel, Path path, long at, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw broken(path, "it ends after " + (at + buffer.position()) + " bytes");
      }
    }
    return buffer.flip();
  }

  static LuthierException broken(Path path, String what) {
    return new LuthierException(
        path
            + " is not a whole safetensors file: "
            + what
            + ". Copy or download it again. See docs/troubleshooting.md#broken-safetensors");
  }

  /**
   * Names that stand for another tensor: entries of the metadata whose value names a stored tensor
   * and whose key does not. This is how the reference implementation records tied weights that it
   * stores once.
   */
  @Override
  public Map<String, String> aliases() {
    Map<String, String> out = new LinkedHashMap<>();
    metadata.forEach(
        (alias, name) -> {
          if (tensors.containsKey(name) && !tensors.containsKey(alias)) {
            out.put(alias, name);
          }
        });
    return out;
  }

  /** Copies a region of a file. */
  static void copy(FileChannel source, long from, long length, WritableByteChannel target)
      throws IOException {
    for (long at = from; at < from + length; ) {
      long n = source.transferTo(at, from + length - at, target);
      if (n <= 0) {
        throw new EOFException("the file it is copied from ends early");
      }
      at += n;
    }
  }
}
