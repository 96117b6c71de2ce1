package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.server.ServerSettings.Limits;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong: each fault has its status and its words, and the next request is answered. */
class FaultsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK = "\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]";

  private final FakeEngine engine = new FakeEngine();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final Server server = start(Limits.defaults());
  private final Http http = new Http(server);

  private Server start(Limits limits) {
    Server started = Server.start(ServerSettings.local("base").withLimits(limits), problems::add);
    started.serve(engine);
    return started;
  }

  @AfterEach
  void unharmed() throws Exception {
    engine.says(" Still here.").pausing(Duration.ZERO).full.set(false);
    assertThat(http.post(CHAT, "{" + ASK + "}").body()).contains("Still here.");
    server.close();
    engine.close();
    assertThat(problems).isEmpty();
  }

  private static void within(Duration limit, BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(10);
    }
  }

  @Test
  void a_client_that_leaves_in_the_middle_of_a_stream_is_noticed() throws Exception {
    engine.says(" word".repeat(500)).pausing(Duration.ofMillis(10));
    try (Socket socket = http.open(CHAT, "{\"stream\": true, " + ASK + "}")) {
      InputStream in = socket.getInputStream();
      assertThat(in.readNBytes(600)).hasSize(600);
    }
    within(Duration.ofSeconds(3), () -> engine.cancelled.get() == 1);
    assertThat(http.get("/metrics").body()).contains("luthier_clients_gone_total 1\n");
  }

  @Test
  void a_client_that_leaves_before_its_answer_is_noticed() throws Exception {
    engine.says(" word".repeat(500)).pausing(Duration.ofMillis(20));
    for (String stream : List.of("true", "false")) {
      engine.pausing(Duration.ofMillis(stream.equals("true") ? 900 : 20));
      int before = engine.cancelled.get();
      try (Socket socket = http.open(CHAT, "{\"stream\": " + stream + ", " + ASK + "}")) {
        within(Duration.ofSeconds(2), () -> engine.heard.size() > before);
      }
      within(Duration.ofSeconds(3), () -> engine.cancelled.get() == before + 1);
    }
  }

  @Test
  void a_client_that_waits_is_not_taken_for_gone() throws Exception {
    engine.says(" One two three.").pausing(Duration.ofMillis(300));
    assertThat(http.post(CHAT, "{" + ASK + "}").body()).contains("One two three.");
    assertThat(engine.cancelled).hasValue(0);
  }

  @Test
  void a_second_request_sent_too_early_ends_the_connection_after_the_first() throws Exception {
    engine.says(" One two.").pausing(Duration.ofMillis(400));
    try (Socket socket = http.open(CHAT, "{" + ASK + "}")) {
      within(Duration.ofSeconds(3), () -> !engine.heard.isEmpty());
      socket
          .getOutputStream()
          .write("GET /health HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.setSoTimeout(5000);
      String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(all).startsWith("HTTP/1.1 200").contains("One two.").contains("Connection: close");
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection was left open", e);
    }
  }

  @Test
  void a_full_queue_says_when_to_come_again() throws Exception {
    engine.full.set(true);
    Http.Reply reply = http.post(CHAT, "{" + ASK + "}");
    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.whole().headers().firstValue("Retry-After")).hasValue("3");
    assertThat(reply.error("code")).isEqualTo("queue_full");
  }

  @Test
  void more_texts_than_the_queue_ever_holds_will_not_fit_later_either() throws Exception {
    String prompts = "\"a\",".repeat(FakeEngine.CAPACITY) + "\"a\"";
    Http.Reply reply = http.post("/v1/completions", "{\"prompt\": [" + prompts + "]}");
    assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    assertThat(reply.body()).contains("asks for 101 texts", "100");
    assertThat(engine.heard).isEmpty();
  }

  @Test
  void more_requests_than_there_is_room_for_are_refused() throws Exception {
    engine.says(" One two.").pausing(Duration.ofMillis(400));
    Server small = start(new Limits(100, 1, 1 << 20, Duration.ofMinutes(1)));
    try (small) {
      Http narrow = new Http(small);
      var first =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return narrow.post(CHAT, "{" + ASK + "}");
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      within(Duration.ofSeconds(3), () -> !engine.heard.isEmpty());
      Http.Reply second = narrow.post(CHAT, "{" + ASK + "}");
      assertThat(second.status()).isEqualTo(429);
      assertThat(second.whole().headers().firstValue("Retry-After")).isPresent();
      assertThat(first.get().status()).isEqualTo(200);
      assertThat(narrow.get("/health").status()).isEqualTo(200);
    }
  }

  @Test
  void an_answer_that_takes_too_long_is_given_up() throws Exception {
    engine.says(" word".repeat(100)).pausing(Duration.ofMillis(50));
    try (Server hasty = start(new Limits(1000, 9, 1 << 20, Duration.ofMillis(500)))) {
      Http.Reply whole = new Http(hasty).post(CHAT, "{" + ASK + "}");
      assertThat(whole.status()).isEqualTo(504);
      assertThat(whole.error("code")).isEqualTo("timeout");
      within(Duration.ofSeconds(2), () -> engine.cancelled.get() == 1);
      List<JsonNode> events =
          new Http(hasty).post(CHAT, "{\"stream\": true, " + ASK + "}").events();
      assertThat(events.get(events.size() - 1).at("/error/code").asText()).isEqualTo("timeout");
      within(Duration.ofSeconds(2), () -> engine.cancelled.get() == 2);
    }
  }

  @Test
  void an_answer_is_never_longer_than_the_server_allows() throws Exception {
    engine.says(" word".repeat(100));
    try (Server brief = start(new Limits(7, 9, 1 << 20, Duration.ofMinutes(1)))) {
      Http.Reply reply = new Http(brief).post(CHAT, "{\"max_tokens\": 50, " + ASK + "}");
      assertThat(reply.json().at("/usage/completion_tokens").asInt()).isEqualTo(7);
      assertThat(reply.json().at("/choices/0/finish_reason").asText()).isEqualTo("length");
    }
  }

  @Test
  void a_prompt_of_ten_megabytes_is_refused_before_it_is_read() throws Exception {
    String prompt = "word ".repeat(2_100_000);
    try (Socket socket = http.open("/v1/completions", "{\"prompt\": \"" + prompt + "\"}")) {
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 413");
    } catch (java.net.SocketException e) {
      // closed while the client still wrote: what a client of HTTP/1.1 must expect
      assertThat(e.getMessage()).containsAnyOf("reset", "pipe");
    }
    assertThat(engine.heard).isEmpty();
  }

  @Test
  void what_the_engine_refuses_is_the_requests_fault_and_what_fails_there_is_not()
      throws Exception {
    Http.Reply refused =
        http.post("/v1/completions", "{\"prompt\": \"" + "word ".repeat(3000) + "\"}");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.error("message")).contains("too many tokens");
    engine.says("");
    Http.Reply failed = http.post(CHAT, "{" + ASK + "}");
    assertThat(failed.status()).isEqualTo(500);
    assertThat(failed.error("message")).isEqualTo("the device is lost");
    assertThat(failed.error("type")).isEqualTo("server_error");
  }

  @Test
  void a_server_that_stops_answers_what_it_has_and_takes_no_more() throws Exception {
    engine.says(" One two three.").pausing(Duration.ofMillis(300));
    Server stopping = start(Limits.defaults());
    Http client = new Http(stopping);
    var answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return client.post(CHAT, "{" + ASK + "}");
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    within(Duration.ofSeconds(3), () -> !engine.heard.isEmpty());
    var drained = CompletableFuture.runAsync(() -> stopping.drain(Duration.ofSeconds(5)));
    within(
        Duration.ofSeconds(3),
        () -> {
          try {
            return client.get("/ready").status() == 503;
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    assertThat(client.post(CHAT, "{" + ASK + "}").status()).isEqualTo(503);
    drained.get();
    assertThat(answer.get().body()).contains("One two three.");
    stopping.close();
  }

  @Test
  void a_taken_port_is_named() {
    ServerSettings same =
        new ServerSettings(
            "127.0.0.1",
            server.address().getPort(),
            "base",
            List.of(),
            List.of(),
            List.of(),
            Limits.defaults());
    assertThatThrownBy(() -> Server.start(same, problems::add))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("port " + server.address().getPort())
        .hasMessageContaining("--port 0");
  }
}
