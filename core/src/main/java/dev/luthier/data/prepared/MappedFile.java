package dev.luthier.data.prepared;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A file of any size, mapped in segments as they are first read: one mapping takes at most 2 GiB.
 * No record crosses the end of a segment. For use by any number of threads.
 */
final class MappedFile {
  private final Path path;
  private final long bytes;
  private final long segment;
  private final AtomicReferenceArray<MappedByteBuffer> segments;

  /**
   * @param bytes its size, which was checked
   * @param record bytes of a record; offsets of {@link #longAt} and {@link #intAt} are within one
   * @param segment the most bytes of a mapping
   */
  MappedFile(Path path, long bytes, int record, long segment) {
    this.path = path;
    this.bytes = bytes;
    this.segment = Math.max(record, segment / record * record);
    this.segments = new AtomicReferenceArray<>((int) ((bytes + this.segment - 1) / this.segment));
  }

  long bytes() {
    return bytes;
  }

  long longAt(long offset) {
    return segment(offset).getLong((int) (offset % segment));
  }

  int intAt(long offset) {
    return segment(offset).getInt((int) (offset % segment));
  }

  byte byteAt(long offset) {
    return segment(offset).get((int) (offset % segment));
  }

  /** Bytes, from as many segments as they lie in. */
  byte[] bytesAt(long offset, int count) {
    byte[] out = new byte[count];
    int done = 0;
    while (done < count) {
      long at = offset + done;
      int from = (int) (at % segment);
      int piece = (int) Math.min(count - done, segment - from);
      segment(at).get(from, out, done, piece);
      done += piece;
    }
    return out;
  }

  /** int32s, from as many segments as they lie in. */
  int[] intsAt(long offset, int count) {
    int[] out = new int[count];
    int done = 0;
    while (done < count) {
      long at = offset + 4L * done;
      int from = (int) (at % segment);
      int piece = (int) Math.min(count - done, (segment - from) / 4);
      segment(at)
          .slice(from, 4 * piece)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asIntBuffer()
          .get(out, done, piece);
      done += piece;
    }
    return out;
  }

  private MappedByteBuffer segment(long offset) {
    int index = (int) (offset / segment);
    MappedByteBuffer mapped = segments.get(index);
    if (mapped == null) {
      mapped = map(index);
      segments.set(index, mapped);
    }
    return mapped;
  }

  private MappedByteBuffer map(int index) {
    long from = index * segment;
    try (FileChannel file = FileChannel.open(path)) {
      MappedByteBuffer mapped =
          file.map(FileChannel.MapMode.READ_ONLY, from, Math.min(segment, bytes - from));
      mapped.order(ByteOrder.LITTLE_ENDIAN);
      return mapped;
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be mapped: " + Reason.of(e), e);
    }
  }
}
