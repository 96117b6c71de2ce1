package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a tensor stands in a GGUF file.
 *
 * @param path the file, one of several where the model is split
 * @param name its name
 * @param type its element type
 * @param shape its sizes, row-major: ggml's own, reversed
 * @param offset its first byte, from the start of the file
 * @param length its bytes
 */
public record GgufTensor(
    Path path, String name, GgufType type, List<Long> shape, long offset, long length) {
  /** Copies the shape. */
  public GgufTensor {
    shape = List.copyOf(shape);
  }

  /** Elements. */
  public long elements() {
    return length / type.blockBytes() * type.blockValues();
  }

  /** Values in a row: the last size. */
  public long columns() {
    return shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
  }

  /** Bytes of a row. */
  public long rowBytes() {
    return columns() / type.blockValues() * type.blockBytes();
  }

  /** One of the tensors that this one stacks: its shape is this one's without the first size. */
  public GgufTensor part(int index) {
    long each = length / shape.get(0);
    return new GgufTensor(
        path, name, type, shape.subList(1, shape.size()), offset + index * each, each);
  }

  /** One of so many equal parts of its rows, or of its numbers where it has no rows. */
  public GgufTensor share(int index, int count) {
    long each = length / count;
    List<Long> sizes = new ArrayList<>(shape);
    sizes.set(0, shape.get(0) / count);
    return new GgufTensor(path, name, type, sizes, offset + index * each, each);
  }

  /**
   * Reads some of its bytes.
   *
   * @param from the first of them, from the tensor's start
   * @param into filled to its limit
   * @throws LuthierException naming the file, if it cannot be read or is shorter than it was
   */
  public void read(long from, ByteBuffer into) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long at = offset + from;
      while (into.hasRemaining()) {
        int n = channel.read(into, at);
        if (n < 0) {
          throw new LuthierException(path + " ends early; was it cut short while we read it?");
        }
        at += n;
      }
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }
}
