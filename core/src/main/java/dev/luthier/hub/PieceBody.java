package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Writes a response's bytes to their place in a file as they come. */
final class PieceBody implements HttpResponse.BodySubscriber<Optional<CappedBody.Text>> {
  /** The disk, not the connection, is at fault: trying again is of no use. */
  static final class DiskFault extends LuthierException {
    private static final long serialVersionUID = 1L;

    DiskFault(IOException cause) {
      super("the disk refuses to write", cause);
    }
  }

  private final FileChannel file;
  private final long end;
  private final LongConsumer written;
  private final CompletableFuture<Optional<CappedBody.Text>> body = new CompletableFuture<>();
  private long at;
  private Flow.@Nullable Subscription subscription;

  /**
   * @param from the place of the first byte
   * @param end the place after the last one; what comes after it is an error
   * @param written is told of bytes that are in the file
   */
  PieceBody(FileChannel file, long from, long end, LongConsumer written) {
    this.file = file;
    this.at = from;
    this.end = end;
    this.written = written;
  }

  @Override
  public CompletionStage<Optional<CappedBody.Text>> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription from) {
    subscription = from;
    from.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    try {
      for (ByteBuffer buffer : buffers) {
        if (buffer.remaining() > end - at) {
          throw new IllegalStateException("more bytes came than were asked for");
        }
        long from = at;
        while (buffer.hasRemaining()) {
          at += file.write(buffer, at);
        }
        written.accept(at - from);
      }
    } catch (IOException e) {
      fail(new DiskFault(e));
      return;
    } catch (IllegalStateException e) {
      fail(new IOException(e.getMessage(), e));
      return;
    }
    if (subscription != null) {
      subscription.request(1);
    }
  }

  private void fail(Exception cause) {
    if (subscription != null) {
      subscription.cancel();
    }
    body.completeExceptionally(cause);
  }

  @Override
  public void onError(Throwable cause) {
    body.completeExceptionally(cause);
  }

  @Override
  public void onComplete() {
    body.complete(Optional.empty());
  }
}
