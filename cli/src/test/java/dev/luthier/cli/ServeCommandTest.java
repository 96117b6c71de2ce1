package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve} from its start to its end. */
class ServeCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder = Path.of("");
  private static Path model = Path.of("");

  @BeforeAll
  static void write() throws IOException {
    model = TinyModel.write(folder.resolve("tiny"), Optional.of(TinyModel.CHATML));
    TinyModel.writeAdapter(model, folder.resolve("adapters/mine"));
  }

  /** A server in a thread of this process, which an interrupt stops as Ctrl-C would. */
  private static final class Running implements AutoCloseable {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream err = new ByteArrayOutputStream();
    final AtomicInteger code = new AtomicInteger(-1);
    private final Thread thread;

    Running(String... args) {
      List<String> all = new ArrayList<>(List.of("serve", "--model", model + "", "--port", "0"));
      all.addAll(Arrays.asList(args));
      Console console = new Console(Cli.stream(out), Cli.stream(err), false, false, Map.of());
      thread = new Thread(() -> code.set(Program.run(console, all.toArray(String[]::new))));
      thread.start();
    }

    String line(String end) throws InterruptedException {
      while (thread.isAlive() && !out.toString(StandardCharsets.UTF_8).contains(end)) {
        Thread.sleep(20);
      }
      return out.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws InterruptedException {
      thread.interrupt();
      thread.join(30_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  private static HttpResponse<String> post(String url, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void it_says_where_it_is_what_it_serves_and_a_command_that_works() throws Exception {
    try (Running server = new Running("--adapter", "mine=" + folder.resolve("adapters/mine"))) {
      String said = server.line("Ctrl-C");
      assertThat(said).contains("serving tiny and over it mine\npage  http://127.0.0.1:");
      String curl = said.lines().filter(l -> l.startsWith("try")).findFirst().orElseThrow();
      String url = curl.replaceAll(".* (http\\S+) .*", "$1");
      String body = curl.replaceAll(".* -d '(.*)'", "$1");
      HttpResponse<String> reply = post(url, body);
      assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
      HttpResponse<String> mine = post(url, body.replace("tiny", "mine"));
      assertThat(JSON.readTree(mine.body()).path("model").asText()).isEqualTo("mine");
      server.close();
      assertThat(server.code).hasValue(0);
    }
  }

  @Test
  void with_json_it_prints_one_object_and_with_keys_it_asks_for_one() throws Exception {
    Path keys = folder.resolve("keys");
    Files.writeString(keys, "secret\n\nother\n");
    try (Running server =
        new Running(
            "--json",
            "--api-key-file",
            keys + "",
            "--adapter-folder",
            folder.resolve("adapters") + "")) {
      JsonNode said = JSON.readTree(server.line("\n"));
      String url = said.path("address").asText();
      String load = "{\"lora_name\": \"late\", \"lora_path\": \"mine\"}";
      assertThat(post(url + "/v1/load_lora_adapter", load).statusCode()).isEqualTo(401);
      HttpResponse<String> loaded =
          post(url + "/v1/load_lora_adapter", load, "Authorization", "Bearer other");
      assertThat(loaded.body()).contains("added successfully");
      HttpResponse<String> asked =
          post(
              url + "/v1/completions",
              "{\"model\": \"late\", \"prompt\": \"The birch\", \"max_tokens\": 3}",
              "Authorization",
              "Bearer secret");
      assertThat(asked.statusCode()).as(asked.body()).isEqualTo(200);
    }
  }

  @Test
  void what_cannot_be_served_is_named_before_anything_is_loaded() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      Cli busy = Cli.run("serve", "--model", model + "", "--port", taken.getLocalPort() + "");
      assertThat(busy.code()).isEqualTo(1);
      assertThat(busy.err()).contains("port " + taken.getLocalPort()).contains("--port 0");
    }
    Cli nothing = Cli.run("serve", "--model", folder.resolve("nothing") + "", "--port", "0");
    assertThat(nothing.code()).isEqualTo(1);
    assertThat(nothing.err()).contains("nothing");
    Cli wrong = Cli.run("serve", "--model", model + "", "--port", "99999", "--max-adapters", "0");
    assertThat(wrong.code()).isEqualTo(2);
    Cli same = Cli.run("serve", "--model", model + "", "--adapter", "tiny=" + model);
    assertThat(same.code()).isEqualTo(2);
    assertThat(same.err()).contains("--model-name");
    Files.writeString(folder.resolve("empty"), "\n");
    Cli noKeys =
        Cli.run("serve", "--model", model + "", "--api-key-file", folder.resolve("empty") + "");
    assertThat(noKeys.code()).isEqualTo(1);
    assertThat(noKeys.err()).contains("one key a line");
  }
}
