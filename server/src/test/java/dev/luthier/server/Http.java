package dev.luthier.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client. */
final class Http {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final URI server;

  Http(Server server) {
    this.server = server.address();
  }

  /** What came back. */
  record Reply(int status, String body, HttpResponse<String> whole) {
    JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + body, e);
      }
    }

    /** {@code error.FIELD}. */
    String error(String field) {
      return json().at("/error/" + field).asText();
    }

    /** The data of server-sent events, without the last, which says that it is the last. */
    List<JsonNode> events() throws IOException {
      List<JsonNode> events = new ArrayList<>();
      boolean done = false;
      for (String event : body.split("\n\n", -1)) {
        if (event.equals("data: [DONE]")) {
          done = true;
        } else if (!event.isEmpty()) {
          events.add(JSON.readTree(event.substring("data: ".length())));
        }
      }
      if (!done) {
        throw new AssertionError("no [DONE] in " + body);
      }
      return events;
    }
  }

  Reply get(String path, String... headers) throws Exception {
    return send(request(path, headers).GET().build());
  }

  Reply post(String path, String body, String... headers) throws Exception {
    return send(
        request(path, headers)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Reply send(HttpRequest request) throws Exception {
    HttpResponse<String> reply = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
    return new Reply(reply.statusCode(), reply.body(), reply);
  }

  HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request;
  }

  /** A connection of its own, with a request sent and no answer read. */
  Socket open(String path, String body) throws IOException {
    return open("localhost:" + server.getPort(), "POST " + path, body);
  }

  /** The same under another name. */
  Socket open(String host, String route, String body) throws IOException {
    Socket socket = new Socket(server.getHost(), server.getPort());
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        route
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + bytes.length
            + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return socket;
  }
}
