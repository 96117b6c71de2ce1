package dev.luthier.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events, each flushed as it is written. */
final class EventStream {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Context ctx;
  private boolean begun;

  EventStream(Context ctx) {
    this.ctx = ctx;
  }

  /** Whether the status is sent. */
  boolean begun() {
    return begun;
  }

  /**
   * Sends one.
   *
   * @throws IOException the client is gone
   */
  void send(JsonNode event) throws IOException {
    write(Body.bytes(event));
  }

  /** Sends the last. */
  void done() throws IOException {
    write(DONE);
  }

  private void write(byte[] event) throws IOException {
    if (!begun) {
      begun = true;
      ctx.res().setContentType("text/event-stream; charset=utf-8");
      ctx.header("Cache-Control", "no-cache");
      ctx.header("X-Accel-Buffering", "no"); // a proxy must not gather events
    }
    OutputStream out = ctx.res().getOutputStream();
    out.write(DATA);
    out.write(event);
    out.write(END);
    out.flush();
  }
}
