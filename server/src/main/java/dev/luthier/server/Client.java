package dev.luthier.server;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;

/** Who waits for an answer, seen from its connection. */
final class Client {
  private final Context ctx;
  private final EndPoint connection;

  Client(Context ctx) {
    this.ctx = ctx;
    this.connection =
        ServletContextRequest.getServletContextRequest(ctx.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
  }

  /**
   * Whether the connection is closed. While a request is being answered nobody reads from its
   * connection, so its end is noticed only by reading. A byte that comes instead begins a next
   * request, sent before this one's answer; with it taken, the connection ends after the answer,
   * and the client sends that request again (RFC 9112, section 9.3.2). Once an answer has begun,
   * writing tells.
   */
  boolean gone() {
    if (!connection.isOpen()) {
      return true;
    }
    if (ctx.res().isCommitted() || !(connection instanceof SocketChannelEndPoint socket)) {
      return false;
    }
    SocketChannel channel = socket.getChannel();
    try {
      int read = channel.isBlocking() ? 0 : channel.read(ByteBuffer.allocate(1));
      if (read > 0) {
        ctx.header("Connection", "close");
      }
      return read < 0;
    } catch (IOException e) {
      return true;
    }
  }
}
