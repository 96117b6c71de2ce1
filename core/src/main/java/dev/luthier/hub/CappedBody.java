package dev.luthier.hub;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Receives a response's text up to a number of bytes; beyond them the connection is closed. */
final class CappedBody implements HttpResponse.BodySubscriber<CappedBody.Text> {
  /**
   * What was received.
   *
   * @param text UTF-8
   * @param whole whether that is all of it
   */
  record Text(String text, boolean whole) {}

  private final int most;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CompletableFuture<Text> body = new CompletableFuture<>();
  private Flow.@Nullable Subscription subscription;

  /**
   * @param most bytes
   */
  CappedBody(int most) {
    this.most = most;
  }

  @Override
  public CompletionStage<Text> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription from) {
    subscription = from;
    from.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      byte[] piece = new byte[Math.min(buffer.remaining(), most + 1 - bytes.size())];
      buffer.get(piece);
      bytes.writeBytes(piece);
    }
    if (bytes.size() > most && subscription != null) {
      subscription.cancel();
      body.complete(new Text(bytes.toString(StandardCharsets.UTF_8), false));
    }
  }

  @Override
  public void onError(Throwable cause) {
    body.completeExceptionally(cause);
  }

  @Override
  public void onComplete() {
    body.complete(new Text(bytes.toString(StandardCharsets.UTF_8), true));
  }
}
