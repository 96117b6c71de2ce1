package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A local server that speaks OpenAI's chat protocol and answers as a test says. */
final class StubEndpoint implements AutoCloseable {
  /** What one request is answered with. */
  interface Behaviour {
    void answer(HttpExchange exchange, JsonNode body, int number) throws IOException;
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  final List<JsonNode> bodies = new CopyOnWriteArrayList<>();
  final List<String> keys = new CopyOnWriteArrayList<>();

  StubEndpoint(Behaviour behaviour) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          try (exchange) {
            JsonNode body = JSON.readTree(exchange.getRequestBody());
            int number;
            synchronized (this) {
              number = bodies.size();
              bodies.add(body);
              keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            }
            behaviour.answer(exchange, body, number);
          }
        });
    server.setExecutor(threads);
    server.start();
  }

  String base() {
    return "http://localhost:" + server.getAddress().getPort() + "/v1";
  }

  static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  static void say(HttpExchange exchange, String text, String finish) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode choice = root.withArray("/choices").addObject();
    choice.put("finish_reason", finish);
    choice.putObject("message").put("role", "assistant").put("content", text);
    root.putObject("usage").put("prompt_tokens", 11).put("completion_tokens", 5);
    send(exchange, 200, root.toString());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
