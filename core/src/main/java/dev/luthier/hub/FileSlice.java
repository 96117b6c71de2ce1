package dev.luthier.hub;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Bytes of a file as a request's body, counted as they go. */
final class FileSlice {
  private final Path file;
  private final long from;
  private final long end;
  private final LongConsumer moved;
  private final AtomicLong sent = new AtomicLong();

  FileSlice(Path file, long from, long end, LongConsumer moved) {
    this.file = file;
    this.from = from;
    this.end = end;
    this.moved = moved;
  }

  HttpRequest.BodyPublisher publisher() {
    return from == end
        ? HttpRequest.BodyPublishers.noBody()
        : HttpRequest.BodyPublishers.fromPublisher(
            HttpRequest.BodyPublishers.ofInputStream(this::open), end - from);
  }

  /** What was counted did not arrive. */
  void takeBack() {
    moved.accept(-sent.getAndSet(0));
  }

  private InputStream open() {
    try {
      FileChannel channel = FileChannel.open(file);
      return new Counted(Channels.newInputStream(channel.position(from)), end - from);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Counted extends FilterInputStream {
    private long left;

    Counted(InputStream in, long left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int at, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int n = in.read(to, at, (int) Math.min(length, left));
      if (n > 0) {
        left -= n;
        sent.addAndGet(n);
        moved.accept(n);
      }
      return n;
    }
  }
}
