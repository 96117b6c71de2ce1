package dev.luthier.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class EndpointWriterTest {
  private static final WriteRequest ASKED =
      new WriteRequest(
          List.of(Message.system("Be brief."), Message.user("Who?")), 77, 0.25, 0.5, 1L << 40 | 9);

  private final List<String> waits = new CopyOnWriteArrayList<>();

  private EndpointWriter writer(String base, Optional<ApiKey> key, int retries) {
    return writer(base, key, retries, Duration.ofSeconds(30));
  }

  private EndpointWriter writer(String base, Optional<ApiKey> key, int retries, Duration timeout) {
    return new EndpointWriter(
        base,
        "stub-1",
        key,
        new EndpointWriter.Options(
            timeout,
            new Retries(retries, Duration.ofMillis(1), Duration.ofMillis(4)),
            1,
            "max_tokens",
            waits::add));
  }

  private Optional<Reply> ask(StubEndpoint stub, int retries) {
    return writer(stub.base(), Optional.empty(), retries).write(ASKED, () -> false);
  }

  private void fails(StubEndpoint.Behaviour behaviour, int calls, String... parts)
      throws IOException {
    try (StubEndpoint stub = new StubEndpoint(behaviour)) {
      assertThatThrownBy(() -> ask(stub, 2))
          .isInstanceOf(LuthierException.class)
          .hasMessageStartingWith(stub.base() + "/chat/completions: ")
          .hasMessageContainingAll(parts);
      assertThat(stub.bodies).hasSize(calls);
    }
  }

  /** Fails at first and then answers: the writer must get there, with so many calls. */
  private void recovers(StubEndpoint.Behaviour fault) throws IOException {
    try (StubEndpoint stub =
        new StubEndpoint(
            (exchange, body, number) -> {
              if (number < 2) {
                fault.answer(exchange, body, number);
              } else {
                StubEndpoint.say(exchange, "Me.", "stop");
              }
            })) {
      assertThat(ask(stub, 2)).contains(new Reply("Me.", 11, 5, false));
      assertThat(stub.bodies).hasSize(3);
    }
  }

  @Test
  void a_request_is_openais_and_so_is_the_reply() throws IOException {
    try (StubEndpoint stub =
        new StubEndpoint((exchange, body, n) -> StubEndpoint.say(exchange, "Ich – 我", "length"))) {
      EndpointWriter writer = writer(stub.base() + "/", Optional.of(new ApiKey("k-1\n")), 0);
      assertThat(writer.write(ASKED, () -> false)).contains(new Reply("Ich – 我", 11, 5, true));
      JsonNode body = stub.bodies.get(0);
      assertThat(body.toString())
          .isEqualTo(
              "{\"model\":\"stub-1\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                  + "{\"role\":\"user\",\"content\":\"Who?\"}],\"max_tokens\":77,"
                  + "\"temperature\":0.25,\"top_p\":0.5,\"seed\":9,\"stream\":false}");
      assertThat(stub.keys).containsExactly("Bearer k-1");
      assertThat(writer.host().orElseThrow()).matches("localhost:\\d+");
      ask(stub, 0);
      assertThat(stub.keys.get(1)).isEqualTo("null");
    }
  }

  @Test
  void an_answer_that_a_filter_ended_is_not_whole_and_counts_are_never_negative()
      throws IOException {
    try (StubEndpoint stub =
        new StubEndpoint(
            (exchange, body, n) ->
                StubEndpoint.send(
                    exchange,
                    200,
                    "{\"choices\": [{\"message\": {\"content\": \"Me\"}, \"finish_reason\":"
                        + " \"content_filter\"}], \"usage\": {\"prompt_tokens\": -3}}"))) {
      assertThat(ask(stub, 0)).contains(new Reply("Me", 0, 0, true));
    }
  }

  @Test
  void a_response_without_end_is_cut_off_and_the_error_names_endpoint_and_limit() throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    StubEndpoint.Behaviour endless =
        (exchange, body, n) -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] piece = new byte[1 << 20];
          try {
            for (long sent = 0; sent < 40L * EndpointWriter.MOST_BYTES; sent += piece.length) {
              exchange.getResponseBody().write(piece);
            }
          } catch (IOException e) {
            cut.countDown();
          }
        };
    fails(endless, 1, "the answer has more than 16 MiB", "is this the right address?");
    assertThat(cut.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void a_response_is_received_whole_up_to_its_most_bytes() {
    for (int most : new int[] {5, 6, 7}) {
      CappedBody body = new CappedBody(most);
      AtomicBoolean cancelled = new AtomicBoolean();
      body.onSubscribe(
          new Flow.Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {
              cancelled.set(true);
            }
          });
      body.onNext(List.of(UTF_8.encode("abc"), UTF_8.encode("d")));
      body.onNext(List.of(UTF_8.encode("ef")));
      body.onComplete();
      assertThat(body.getBody().toCompletableFuture().join())
          .isEqualTo(new CappedBody.Text("abcdef", most >= 6));
      assertThat(cancelled.get()).isEqualTo(most < 6);
    }
  }

  @Test
  void what_may_pass_is_tried_again() throws IOException {
    recovers((exchange, body, n) -> StubEndpoint.send(exchange, 500, "oops"));
    assertThat(waits).hasSize(2).allMatch(w -> w.matches("status 500: oops; sent again in .* s"));
    recovers((exchange, body, n) -> StubEndpoint.send(exchange, 429, "slow down"));
    recovers((exchange, body, n) -> StubEndpoint.send(exchange, 200, "{\"choices\": [{\"mess"));
    recovers((exchange, body, n) -> StubEndpoint.send(exchange, 200, "{\"choices\": []}"));
    recovers(
        (exchange, body, n) -> {
          // Promises more than it sends, then hangs up.
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          exchange.close();
        });
  }

  @Test
  void an_answer_that_never_begins_or_never_ends_is_given_up() throws IOException {
    try (StubEndpoint stub =
        new StubEndpoint(
            (exchange, body, n) -> {
              if (n == 0) {
                sleep();
              } else if (n == 1) {
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().flush();
                sleep();
              } else {
                StubEndpoint.say(exchange, "Me.", "stop");
              }
            })) {
      EndpointWriter writer = writer(stub.base(), Optional.empty(), 9, Duration.ofMillis(700));
      assertThat(writer.write(ASKED, () -> false)).contains(new Reply("Me.", 11, 5, false));
    }
    try (StubEndpoint stub = new StubEndpoint((exchange, body, n) -> sleep())) {
      EndpointWriter writer = writer(stub.base(), Optional.empty(), 1, Duration.ofMillis(200));
      assertThatThrownBy(() -> writer.write(ASKED, () -> false))
          .hasMessageEndingWith(": no answer within 0.2 s; tried 2 times");
    }
  }

  @Test
  void an_endpoint_that_names_a_time_is_given_it() throws IOException {
    long before = System.nanoTime();
    recovers(
        (exchange, body, n) -> {
          exchange.getResponseHeaders().set("Retry-After", "0.2");
          StubEndpoint.send(exchange, 429, "");
        });
    // Of its own the writer would have waited 3 ms.
    assertThat(System.nanoTime() - before).isGreaterThan(400_000_000);
    fails(
        (exchange, body, n) -> {
          exchange.getResponseHeaders().set("Retry-After", "3600");
          StubEndpoint.send(exchange, 429, "daily limit");
        },
        1,
        "status 429: daily limit; it asks to come back after 60 minutes");
  }

  @Test
  void what_will_not_pass_is_said_at_once_with_what_the_endpoint_said() throws IOException {
    fails(
        (exchange, body, n) ->
            StubEndpoint.send(
                exchange, 400, "{\"error\": {\"message\": \"context is 4096\\nmore\"}}"),
        1,
        "status 400: context is 4096");
    try (StubEndpoint stub =
        new StubEndpoint((exchange, body, n) -> StubEndpoint.send(exchange, 413, "too long"))) {
      assertThatThrownBy(() -> ask(stub, 2)).isInstanceOf(RequestRefused.class);
    }
    fails(
        (exchange, body, n) -> StubEndpoint.send(exchange, 404, "no such route"),
        1,
        "status 404: no such route",
        "stub-1");
    fails(
        (exchange, body, n) -> {
          exchange.getResponseHeaders().set("Location", "http://localhost:9/elsewhere");
          StubEndpoint.send(exchange, 307, "");
        },
        1,
        "status 307: (no text)");
  }

  @Test
  void after_the_last_retry_the_last_reason_is_said() throws IOException {
    fails(
        (exchange, body, n) -> StubEndpoint.send(exchange, 503, "<html>busy</html>\nx"),
        3,
        "status 503: <html>busy</html>; tried 3 times");
    fails(
        (exchange, body, n) -> StubEndpoint.send(exchange, 200, "hello"),
        3,
        "answered something else than a chat completion: hello");
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    String base = "http://localhost:" + free;
    assertThatThrownBy(() -> writer(base, Optional.empty(), 1).write(ASKED, () -> false))
        .hasMessageContainingAll(base, "nothing answers there", "tried 2 times");
    String unknown = "http://luthier.invalid";
    assertThatThrownBy(() -> writer(unknown, Optional.empty(), 0).write(ASKED, () -> false))
        .hasMessageContainingAll(unknown, "the host is not known");
  }

  @Test
  void https_where_http_is_spoken_is_said_at_once() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      Thread plain =
          new Thread(
              () -> {
                try {
                  while (true) {
                    try (Socket asked = socket.accept()) {
                      asked.getInputStream().read(); // as a server does before it answers
                      asked
                          .getOutputStream()
                          .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                      asked.getInputStream().readAllBytes();
                    }
                  }
                } catch (IOException e) {
                  // the test is over
                }
              });
      plain.setDaemon(true);
      plain.start();
      String base = "https://localhost:" + socket.getLocalPort();
      EndpointWriter writer = writer(base, Optional.empty(), 1, Duration.ofSeconds(20));
      assertThatThrownBy(() -> writer.write(ASKED, () -> false))
          .hasMessageContainingAll(base, "does it speak https?");
    }
  }

  @Test
  void the_key_is_in_no_message_though_the_endpoint_repeats_it() throws IOException {
    ApiKey key = new ApiKey("sk-secret-123");
    try (StubEndpoint stub =
        new StubEndpoint(
            (exchange, body, n) ->
                StubEndpoint.send(
                    exchange, 401, "{\"error\": {\"message\": \"bad key: sk-secret-123\"}}"))) {
      assertThatThrownBy(() -> writer(stub.base(), Optional.of(key), 1).write(ASKED, () -> false))
          .hasMessageContaining("status 401: bad key: [key] (is the API key the right one?");
    }
    try (StubEndpoint stub =
        new StubEndpoint(
            (exchange, body, n) ->
                StubEndpoint.send(exchange, 401, "x".repeat(292) + "sk-secret-123"))) {
      assertThatThrownBy(() -> writer(stub.base(), Optional.of(key), 1).write(ASKED, () -> false))
          .hasMessageContaining("x".repeat(292) + "[key]")
          .hasMessageNotContaining("sk-secret");
    }
    assertThat(key.toString()).isEqualTo("[key]");
    assertThatThrownBy(() -> new ApiKey(" \n")).hasMessageContaining("empty");
    assertThatThrownBy(() -> new ApiKey("a\nb"))
        .hasMessageContaining("not one line")
        .hasMessageNotContaining("a\nb");
  }

  @Test
  void stopping_ends_a_wait_between_retries() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch asked = new CountDownLatch(1);
    try (StubEndpoint stub =
        new StubEndpoint(
            (exchange, body, n) -> {
              exchange.getResponseHeaders().set("Retry-After", "500");
              StubEndpoint.send(exchange, 503, "");
              asked.countDown();
            })) {
      Thread stopper =
          new Thread(
              () -> {
                try {
                  asked.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                stop.set(true);
              });
      stopper.start();
      assertThat(writer(stub.base(), Optional.empty(), 9).write(ASKED, stop::get)).isEmpty();
      assertThat(stub.bodies).hasSize(1);
      stopper.join();
    }
  }

  @Test
  void a_writer_that_is_interrupted_says_nothing_and_answers_nothing() throws IOException {
    try (StubEndpoint stub = new StubEndpoint((exchange, body, n) -> sleep())) {
      Thread.currentThread().interrupt();
      assertThat(ask(stub, 2)).isEmpty();
      assertThat(Thread.interrupted()).isTrue();
      Thread caller = Thread.currentThread();
      Thread interrupter =
          new Thread(
              () -> {
                while (stub.bodies.isEmpty()) {
                  Thread.onSpinWait();
                }
                caller.interrupt();
              });
      interrupter.start();
      assertThat(ask(stub, 2)).isEmpty();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(waits).isEmpty();
    }
  }

  @Test
  void waits_double_up_to_the_longest_less_a_random_half() {
    Retries retries = Retries.of(9);
    assertThat(List.of(0, 1, 2, 5, 6, 40).stream().map(n -> retries.pause(n, 0).toSeconds()))
        .containsExactly(1L, 2L, 4L, 32L, 60L, 60L);
    assertThat(retries.pause(2, 0.5)).isEqualTo(Duration.ofSeconds(3));
    Instant now = Instant.parse("2024-07-26T10:00:00Z");
    assertThat(Retries.asked("7", now)).contains(Duration.ofSeconds(7));
    assertThat(Retries.asked("Fri, 26 Jul 2024 10:00:30 GMT", now))
        .contains(Duration.ofSeconds(30));
    assertThat(Retries.asked("Fri, 26 Jul 2024 09:00:00 GMT", now)).contains(Duration.ZERO);
    assertThat(Retries.asked("soon", now)).isEmpty();
    assertThat(Retries.asked("-1", now)).isEmpty();
  }

  @Test
  void an_address_that_cannot_be_meant_is_wrong_use() {
    assertThat(EndpointWriter.address("http://h:1/v1/"))
        .hasToString("http://h:1/v1/chat/completions");
    assertThat(EndpointWriter.address("https://h/v1/chat/completions"))
        .hasToString("https://h/v1/chat/completions");
    for (String wrong :
        List.of("", "localhost:8000", "ftp://h/v1", "http://", "http://h/v1?key=1", "http://a b")) {
      assertThatThrownBy(() -> EndpointWriter.address(wrong))
          .as(wrong)
          .isInstanceOf(UsageException.class);
    }
    assertThatThrownBy(() -> EndpointWriter.address("http://me:word@h/v1"))
        .isInstanceOf(UsageException.class)
        .hasMessageNotContaining("word@");
  }

  /** Until the stub is closed. */
  private static void sleep() {
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
