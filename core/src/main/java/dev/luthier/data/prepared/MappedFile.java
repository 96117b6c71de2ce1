package dev.luthier.data.prepared;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import dev.luthier.tensor.Memory;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A file of any size, mapped in segments as they are first read: one mapping takes at most 2 GiB.
 * No record crosses the end of a segment. For use by any number of threads.
 *
 * <p>Pages that were read count as memory of the process until the system wants them back. So that
 * they do not fill a run's budget, they are let go of every few MiB; they stay in the system's
 * cache.
 */
final class MappedFile {
  /** So much of the file is resident at most. */
  static final long WINDOW = 8 << 20;

  /** The system brings as much into memory at a time, around the page that was asked for. */
  private static final int AROUND = 1 << 16;

  private final Path path;
  private final long bytes;
  private final long segment;
  private final AtomicReferenceArray<MappedByteBuffer> segments;
  private final AtomicLong touched = new AtomicLong();
  private volatile long last = -1;

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

  /** How much of the file is resident at most. */
  long residentBytes() {
    return Math.min(bytes, WINDOW);
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
      int piece = (int) Math.min(Math.min(count - done, AROUND), segment - from);
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
      int piece = (int) Math.min(Math.min(count - done, AROUND / 4), (segment - from) / 4);
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
    touch(offset / AROUND);
    int index = (int) (offset / segment);
    MappedByteBuffer mapped = segments.get(index);
    if (mapped == null) {
      mapped = map(index);
      segments.set(index, mapped);
    }
    return mapped;
  }

  /** Threads may count a place twice or not at all: the window is no exact one. */
  private void touch(long place) {
    if (place != last) {
      last = place;
      if (touched.addAndGet(AROUND) > WINDOW) {
        touched.set(0);
        for (int i = 0; i < segments.length(); i++) {
          MappedByteBuffer mapped = segments.get(i);
          if (mapped != null) {
            Memory.forget(mapped);
          }
        }
      }
    }
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
