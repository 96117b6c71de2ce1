package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.luthier.data.ExampleReader;
import dev.luthier.format.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataGenerateCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "sk-very-secret";

  @TempDir private Path folder = Path.of("");
  private final AtomicInteger calls = new AtomicInteger();
  private HttpServer server = server();

  /** Answers every request with three wordings; every fourth is turned away at first. */
  private HttpServer server() {
    try {
      HttpServer made =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      made.createContext(
          "/v1/chat/completions",
          exchange -> {
            try (exchange) {
              int call = calls.incrementAndGet();
              String prompt =
                  JSON.readTree(exchange.getRequestBody()).at("/messages/0/content").asText();
              String asked = prompt.substring(prompt.lastIndexOf("\n\n") + 2);
              ObjectNode reply = JSON.createObjectNode();
              reply
                  .withArray("/choices")
                  .addObject()
                  .put("finish_reason", "stop")
                  .putObject("message")
                  .put(
                      "content",
                      "1. Could you tell me what the following means: "
                          + asked.hashCode()
                          + "\n2. "
                          + asked
                          + "\n3. Explain "
                          + asked.hashCode()
                          + " please");
              reply.putObject("usage").put("prompt_tokens", 100).put("completion_tokens", 20);
              byte[] bytes = reply.toString().getBytes(StandardCharsets.UTF_8);
              boolean turnedAway = call % 4 == 1;
              boolean known =
                  ("Bearer " + KEY).equals(exchange.getRequestHeaders().getFirst("Authorization"));
              if (turnedAway) {
                exchange.getResponseHeaders().set("Retry-After", "0");
              }
              exchange.sendResponseHeaders(!known ? 401 : turnedAway ? 429 : 200, bytes.length);
              exchange.getResponseBody().write(bytes);
            }
          });
      made.start();
      return made;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void files() throws IOException {
    StringBuilder seeds = new StringBuilder();
    for (String word : List.of("granite", "basalt", "chalk", "slate", "marble")) {
      seeds.append("{\"prompt\": \"Describe the rock called ").append(word);
      seeds.append("\", \"completion\": \"A rock.\"}\n");
    }
    Files.writeString(folder.resolve("seeds.jsonl"), seeds);
    Files.writeString(folder.resolve("key"), KEY + "\n");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Cli paraphrase(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "data",
                "generate",
                "--task",
                "paraphrase",
                "--seeds",
                folder.resolve("seeds.jsonl").toString(),
                "--endpoint",
                "http://localhost:" + server.getAddress().getPort() + "/v1",
                "--model-name",
                "stub-7b",
                "--output",
                folder.resolve("rows.jsonl").toString(),
                "--set",
                "validate.novelty=0.9"));
    args.addAll(List.of(more));
    return Cli.run(args.toArray(new String[0]));
  }

  @Test
  void rows_come_from_an_endpoint_and_the_same_command_goes_on() throws IOException {
    String key = folder.resolve("key").toString();
    Cli two = paraphrase("--api-key-file", key, "--max-requests", "2");
    assertThat(two.code()).as(two.err()).isZero();
    assertThat(two.out())
        .contains("rows.jsonl: 4 rows\n", "novelty           2\n")
        .contains("stopped: --max-requests 2 is spent; a higher one goes on");
    Cli rest = paraphrase("--api-key-file", key, "--json");
    assertThat(rest.code()).isZero();
    JsonNode json = JSON.readTree(rest.out());
    assertThat(json.toString())
        .contains(
            "\"status\":\"sources\"", "\"rows\":10,\"refused\":{\"novelty\":5},\"requests\":5")
        .contains("\"rows_before\":4,\"requests_before\":2");
    assertThat(ExampleReader.read(folder.resolve("rows.jsonl")).rows()).hasSize(10);
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(f -> !f.endsWith("key")).toList()) {
        assertThat(Files.readString(file)).doesNotContain(KEY);
      }
    }
  }

  @Test
  void a_wrong_key_and_other_settings_are_errors_that_say_so() throws IOException {
    Files.writeString(folder.resolve("other"), "sk-other");
    Cli wrong = paraphrase("--api-key-file", folder.resolve("other").toString());
    assertThat(wrong.code()).isEqualTo(1);
    assertThat(wrong.err())
        .contains("/v1/chat/completions: status 401", "is the API key the right one?")
        .doesNotContain("sk-other");
    paraphrase("--api-key-file", folder.resolve("key").toString());
    Cli other = paraphrase("--seed", "7");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("begun with other settings", "  seed: was 42, is 7");
    Cli none = Cli.run("data", "generate", "--task", "paraphrase", "--output", "x");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err()).contains("neither --model (a local model) nor --endpoint is given");
  }

  @Test
  void a_dry_run_prints_the_first_prompt_and_sends_nothing() {
    Cli run = paraphrase("--dry-run");
    assertThat(run.code()).isZero();
    assertThat(run.out()).endsWith("\n\nDescribe the rock called granite\n");
    assertThat(calls).hasValue(0);
    assertThat(folder.resolve("rows.jsonl")).doesNotExist();
  }

  @Test
  void a_local_model_that_writes_gibberish_ends_by_its_budget_and_repeats_itself()
      throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), Optional.of(TinyModel.CHATML));
    ObjectNode config = Json.read(model.resolve("config.json"));
    config.put("max_position_embeddings", 4096);
    Json.write(model.resolve("config.json"), config);
    String[] names = {"a.jsonl", "b.jsonl"};
    for (String name : names) {
      Cli run =
          Cli.run(
              "data",
              "generate",
              "--task",
              "paraphrase",
              "--model",
              model.toString(),
              "--seeds",
              folder.resolve("seeds.jsonl").toString(),
              "--output",
              folder.resolve(name).toString(),
              "--max-requests",
              "3",
              "--set",
              "writer.maxNewTokens=24");
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.out())
          .contains("a.jsonl".equals(name) ? "a.jsonl: 0 rows\n" : "b.jsonl: 0 rows\n")
          .contains("format            3\n")
          .contains("stopped: --max-requests 3 is spent");
      assertThat(run.err())
          .contains("error: no row was kept: what was written is not in the form")
          .contains("trained to follow instructions", "refused.jsonl has");
    }
    List<String> refused = Files.readAllLines(folder.resolve("a.jsonl.refused.jsonl"));
    assertThat(refused).hasSize(3).doesNotHaveDuplicates();
    assertThat(Files.readAllLines(folder.resolve("b.jsonl.refused.jsonl"))).isEqualTo(refused);
    Cli small =
        Cli.run(
            "data",
            "generate",
            "--task",
            "paraphrase",
            "--model",
            TinyModel.write(folder.resolve("small"), Optional.empty()).toString(),
            "--seeds",
            folder.resolve("seeds.jsonl").toString(),
            "--output",
            folder.resolve("c.jsonl").toString());
    assertThat(small.code()).isEqualTo(1);
    assertThat(small.err()).contains("the model's context of 128 leaves no room");
  }
}
