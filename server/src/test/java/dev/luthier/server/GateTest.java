package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is let in. */
class GateTest {
  private static final String BODY = "{\"prompt\": \"Hi\"}";

  private static Server start(ServerSettings settings, FakeEngine engine) {
    Server server = Server.start(settings, System.err::println);
    server.serve(engine);
    return server;
  }

  @Test
  void with_keys_only_who_knows_one_is_let_in() throws Exception {
    try (FakeEngine engine = new FakeEngine();
        Server server =
            start(ServerSettings.local("base").withApiKeys("first", "second"), engine)) {
      Http http = new Http(server);
      for (String wrong :
          List.of("Bearer third", "Bearer ", "Bearer firs", "first", "Basic first")) {
        Http.Reply reply = http.post("/v1/completions", BODY, "Authorization", wrong);
        assertThat(reply.status()).as(wrong).isEqualTo(401);
        assertThat(reply.error("code")).isEqualTo("invalid_api_key");
      }
      assertThat(http.get("/v1/models").status()).isEqualTo(401);
      assertThat(http.get("/metrics").status()).isEqualTo(401);
      assertThat(http.post("/v1/load_lora_adapter", "{}").status()).isEqualTo(401);
      assertThat(engine.heard).isEmpty();
      for (String key : List.of("first", "second")) {
        assertThat(http.post("/v1/completions", BODY, "Authorization", "Bearer " + key).status())
            .isEqualTo(200);
      }
      for (String open : List.of("/health", "/ready")) {
        assertThat(http.get(open).status()).isEqualTo(200);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:8080, 200",
    "127.0.0.1, 200",
    "LOCALHOST, 200",
    "[::1]:99, 200",
    "evil.example, 403",
    "localhost.evil.example:8080, 403",
    "127.0.0.1.evil.example, 403"
  })
  void a_local_server_answers_to_this_machines_names_alone(String host, int status)
      throws Exception {
    try (FakeEngine engine = new FakeEngine();
        Server server = start(ServerSettings.local("base"), engine);
        Socket socket = new Http(server).open(host, "GET /health", "")) {
      String line = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertThat(line).isEqualTo("HTTP/1.1 " + status);
    }
  }

  @Test
  void pages_of_other_origins_are_kept_out_unless_they_are_allowed() throws Exception {
    try (FakeEngine engine = new FakeEngine();
        Server closed = start(ServerSettings.local("base"), engine);
        Server open =
            start(ServerSettings.local("base").withCorsOrigins("https://app.example"), engine)) {
      String[] theirs = {"Origin", "https://app.example"};
      Http.Reply refused = new Http(closed).post("/v1/completions", BODY, theirs);
      assertThat(refused.status()).isEqualTo(403);
      assertThat(engine.heard).isEmpty();
      Http.Reply own =
          new Http(closed).post("/v1/completions", BODY, "Origin", closed.address().toString());
      assertThat(own.status()).isEqualTo(200);
      assertThat(own.whole().headers().map()).doesNotContainKey("Access-Control-Allow-Origin");
      Http.Reply allowed = new Http(open).post("/v1/completions", BODY, theirs);
      assertThat(allowed.status()).isEqualTo(200);
      assertThat(allowed.whole().headers().firstValue("Access-Control-Allow-Origin"))
          .hasValue("https://app.example");
      Http.Reply preflight =
          new Http(open)
              .send(
                  new Http(open)
                      .request("/v1/completions", theirs)
                      .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                      .build());
      assertThat(preflight.status()).isEqualTo(204);
    }
  }

  @Test
  void a_form_of_another_site_cannot_post() throws Exception {
    try (FakeEngine engine = new FakeEngine();
        Server server = start(ServerSettings.local("base"), engine)) {
      Http http = new Http(server);
      Http.Reply reply =
          http.send(
              http.request("/v1/completions", "Content-Type", "text/plain")
                  .POST(HttpRequest.BodyPublishers.ofString(BODY))
                  .build());
      assertThat(reply.status()).isEqualTo(415);
      assertThat(engine.heard).isEmpty();
    }
  }

  @Test
  void the_page_may_load_nothing_from_elsewhere_nor_be_framed() throws Exception {
    try (FakeEngine engine = new FakeEngine();
        Server server = start(ServerSettings.local("base").withApiKeys("secret"), engine)) {
      Http http = new Http(server);
      for (String file : List.of("/", "/page/page.js", "/page/page.css", "/page/icon.svg")) {
        Http.Reply reply = http.get(file);
        assertThat(reply.status()).as(file).isEqualTo(200);
        assertThat(reply.whole().headers().firstValue("Content-Security-Policy").orElseThrow())
            .startsWith("default-src 'none'; script-src 'self'")
            .contains("frame-ancestors 'none'")
            .doesNotContain("unsafe");
        assertThat(reply.whole().headers().firstValue("X-Content-Type-Options"))
            .hasValue("nosniff");
        assertThat(reply.body().replace("http://www.w3.org/2000/svg", ""))
            .as(file)
            .doesNotContain("http://", "https://");
      }
    }
  }
}
