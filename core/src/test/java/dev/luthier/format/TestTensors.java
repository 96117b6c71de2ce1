package dev.luthier.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Tensors whose bytes follow from their names, and what a file holds. */
final class TestTensors {
  private TestTensors() {}

  static SafetensorsWriter.Entry entry(String name, DType type, long... shape) {
    List<Long> sizes = Arrays.stream(shape).boxed().toList();
    long length = type.bytes() * sizes.stream().reduce(1L, (a, b) -> a * b);
    byte[] bytes = bytes(name, (int) length);
    return new SafetensorsWriter.Entry(
        name,
        type,
        sizes,
        channel -> SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  private static byte[] bytes(String name, int length) {
    byte[] bytes = new byte[length];
    new Random(name.hashCode()).nextBytes(bytes);
    return bytes;
  }

  /** "dtype shape bytes" by tensor name. */
  static Map<String, String> expected(List<SafetensorsWriter.Entry> entries) {
    Map<String, String> out = new TreeMap<>();
    for (SafetensorsWriter.Entry e : entries) {
      String hex = HexFormat.of().formatHex(bytes(e.name(), (int) e.length()));
      out.put(e.name(), e.dtype() + " " + e.shape() + " " + hex);
    }
    return out;
  }

  /** The same of what the files hold. */
  static Map<String, String> contents(List<? extends WeightFile> files) {
    Map<String, String> out = new TreeMap<>();
    for (WeightFile file : files) {
      file.tensors()
          .forEach(
              (name, t) ->
                  out.put(
                      name,
                      t.dtype() + " " + t.shape() + " " + HexFormat.of().formatHex(read(file, t))));
    }
    return out;
  }

  static byte[] read(WeightFile file, TensorInfo t) {
    ByteBuffer bytes = ByteBuffer.allocate((int) t.length());
    try (FileChannel channel = FileChannel.open(file.path())) {
      while (bytes.hasRemaining() && channel.read(bytes, t.offset() + bytes.position()) >= 0) {
        continue;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.array();
  }
}
