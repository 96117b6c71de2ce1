package dev.luthier.data.source;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Zstd frames one after another, decompressed. Where the last is cut off, reading ends with an
 * error; the library's own stream takes a file that is cut within its second frame for whole.
 */
final class ZstdFrames extends InputStream {
  private static final int BUFFER = 1 << 17;

  private final InputStream in;
  private final ZstdDecompressCtx context = new ZstdDecompressCtx();
  private final byte[] chunk = new byte[BUFFER];
  private final ByteBuffer compressed = ByteBuffer.allocateDirect(BUFFER).limit(0);
  private final ByteBuffer plain = ByteBuffer.allocateDirect(BUFFER).limit(0);
  private boolean withinFrame;

  ZstdFrames(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    return decompress() ? plain.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] to, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!decompress()) {
      return -1;
    }
    int count = Math.min(length, plain.remaining());
    plain.get(to, from, count);
    return count;
  }

  /** Whether there is more. */
  private boolean decompress() throws IOException {
    while (!plain.hasRemaining()) {
      boolean flushed = plain.limit() < plain.capacity();
      if (!compressed.hasRemaining() && (flushed || !withinFrame) && !fill()) {
        if (withinFrame) {
          throw new EOFException("the zstd frame is cut off");
        }
        return false;
      }
      plain.clear();
      try {
        withinFrame = !context.decompressDirectByteBufferStream(plain, compressed);
      } catch (ZstdException e) {
        throw new IOException("zstd: " + e.getMessage(), e);
      }
      plain.flip();
    }
    return true;
  }

  private boolean fill() throws IOException {
    int count = in.read(chunk);
    compressed.clear();
    compressed.put(chunk, 0, Math.max(0, count)).flip();
    return count > 0;
  }

  @Override
  public void close() throws IOException {
    context.close();
    in.close();
  }
}
