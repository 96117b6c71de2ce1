package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCommandsTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final String TOKEN = "hf_plantedTokenThatMustStaySecret";
  private static final String WORDS =
      """
      {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
       "pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,
       "model":{"type":"WordLevel","vocab":{"<unk>":0,"hello":1,"there":2},"unk_token":"<unk>"}}
      """;
  private static final String ROW = "{\"prompt\":\"hello\",\"completion\":\" there\"}\n";

  @TempDir Path home = Path.of("");

  /** One repository of each kind; repeats in its refusals what it was sent, as some proxies do. */
  private static final class Repository implements AutoCloseable {
    final HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    final List<String> requests = new CopyOnWriteArrayList<>();
    final Map<String, String> files = new TreeMap<>();

    Repository() throws IOException {
      server.createContext(
          "/",
          exchange -> {
            try (exchange) {
              answer(exchange);
            }
          });
      server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
      String path = exchange.getRequestURI().getPath();
      requests.add(path);
      String resolve = path.replaceFirst(".*/resolve/" + COMMIT + "/", "");
      if (!path.contains("org/name")) {
        send(exchange, 401, "no: " + exchange.getRequestHeaders().getFirst("Authorization"));
      } else if (path.contains("/revision/")) {
        send(exchange, 200, "{\"sha\":\"" + COMMIT + "\"}");
      } else if (path.contains("/tree/")) {
        List<String> entries =
            files.entrySet().stream()
                .map(
                    f ->
                        "{\"type\":\"file\",\"path\":\"%s\",\"size\":%d,\"oid\":\"%s\"}"
                            .formatted(f.getKey(), f.getValue().length(), oid(f.getValue())))
                .toList();
        send(exchange, 200, entries.toString());
      } else {
        send(exchange, 200, String.valueOf(files.get(resolve)));
      }
    }

    private static String oid(String text) {
      try {
        return HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-1")
                    .digest(
                        ("blob " + text.length() + "\0" + text)
                            .getBytes(StandardCharsets.US_ASCII)));
      } catch (java.security.NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private Map<String, String> environment(Repository hub) {
    return Map.of(
        "HF_ENDPOINT",
        "http://localhost:" + hub.server.getAddress().getPort(),
        "HF_HOME",
        home.resolve("hf").toString(),
        "HF_TOKEN",
        TOKEN);
  }

  private void assertTokenIsNowhere(Cli... runs) throws IOException {
    for (Cli run : runs) {
      assertThat(run.out() + run.err()).doesNotContain(TOKEN);
    }
    try (Stream<Path> all = Files.walk(home)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(TOKEN);
      }
    }
  }

  @Test
  void a_model_of_the_hub_is_named_like_a_folder_and_fetched_once() throws Exception {
    try (Repository hub = new Repository()) {
      hub.files.put("tokenizer.json", WORDS);
      hub.files.put("config.json", "{}");
      hub.files.put("onnx/config.json", "{}");
      Map<String, String> environment = environment(hub);
      Cli first = Cli.run(environment, "tokenize", "--model", "org/name", "--text", "hello there");
      assertThat(first.out()).isEqualToIgnoringNewLines("1 2");
      assertThat(hub.requests).noneMatch(path -> path.contains("onnx"));
      int requests = hub.requests.size();
      Cli second = Cli.run(environment, "tokenize", "--model", "org/name", "--text", "there");
      assertThat(second.out()).isEqualToIgnoringNewLines("2");
      assertThat(hub.requests).hasSize(requests);
      Cli missing = Cli.run(environment, "tokenize", "--model", "org/other", "--text", "there");
      assertThat(missing.code()).isEqualTo(1);
      assertThat(missing.err()).contains("org/other is no path").contains("[key]");
      assertTokenIsNowhere(first, second, missing);
    }
  }

  @Test
  void pull_says_where_the_files_are() throws Exception {
    try (Repository hub = new Repository()) {
      hub.files.put("tokenizer.json", WORDS);
      hub.files.put("config.json", "{}");
      Path to = home.resolve("mine");
      Cli run = Cli.run(environment(hub), "pull", "org/name", "--to", to.toString(), "--json");
      assertThat(run.code()).as(run.err()).isZero();
      JsonNode json = new ObjectMapper().readTree(run.out());
      assertThat(json.path("commit").asText()).isEqualTo(COMMIT);
      assertThat(json.path("files").asInt()).isEqualTo(2);
      assertThat(to.resolve("tokenizer.json")).hasContent(WORDS.strip());
      Cli chosen = Cli.run(environment(hub), "pull", "org/name", "--include", "*.jsonn", "--json");
      assertThat(chosen.code()).isEqualTo(1);
      assertThat(chosen.err()).contains("none of its 2 files").contains("tokenizer.json");
      assertThat(Cli.run("pull", "name").code()).isEqualTo(2);
      assertTokenIsNowhere(run, chosen);
    }
  }

  @Test
  void push_says_what_it_would_send() throws Exception {
    try (Repository hub = new Repository()) {
      Path folder = Files.createDirectories(home.resolve("adapter"));
      Files.writeString(folder.resolve("adapter_config.json"), "{}");
      Files.writeString(folder.resolve("tokenizer.json"), WORDS);
      Files.writeString(folder.resolve("run.json"), "{}");
      hub.files.put("tokenizer.json", WORDS);
      Cli run = Cli.run(environment(hub), "push", folder + "", "org/name", "--dry-run", "--json");
      assertThat(run.code()).as(run.err()).isZero();
      JsonNode json = new ObjectMapper().readTree(run.out());
      assertThat(json.path("sent").toString()).isEqualTo("[\"adapter_config.json\"]");
      assertThat(json.path("unchanged").asInt()).isEqualTo(1);
      Cli nobody = Cli.run(Map.of("HF_HOME", home + ""), "push", folder + "", "org/name");
      assertThat(nobody.code()).isEqualTo(2);
      assertThat(nobody.err()).contains("HF_TOKEN");
      assertTokenIsNowhere(run, nobody);
    }
  }

  @Test
  void rows_of_the_hub_are_those_named_as_training_rows() throws Exception {
    try (Repository hub = new Repository()) {
      hub.files.put("data/train-0.jsonl", ROW);
      hub.files.put("data/train-1.jsonl", ROW.repeat(2));
      hub.files.put("data/test.jsonl", ROW.repeat(40));
      hub.files.put("dataset_infos.json", "{}");
      Path model = Files.createDirectories(home.resolve("model"));
      Files.writeString(model.resolve("tokenizer.json"), WORDS);
      Map<String, String> environment = environment(hub);
      Cli all = check(environment, model, "org/name");
      assertThat(all.err()).contains("data: org/name@0123456: 2 files (data/train-0.jsonl");
      assertThat(all.out()).contains("\"rows\":3");
      Cli one = check(environment, model, "org/name@main:data/te*.jsonl");
      assertThat(one.out()).contains("\"rows\":40");
      Path config = home.resolve("check.yaml");
      Files.writeString(config, "model: " + model + "\ninputs: [org/name]\n");
      Cli configured =
          Cli.run(environment, "data", "check", "--config", config.toString(), "--json");
      assertThat(configured.out()).contains("\"rows\":3");
    }
  }

  private static Cli check(Map<String, String> environment, Path model, String data) {
    return Cli.run(environment, "data", "check", "--model", model + "", "--data", data, "--json");
  }

  @Test
  void what_exists_here_is_never_looked_up() throws Exception {
    try (Repository hub = new Repository()) {
      Map<String, String> environment = environment(hub);
      Cli typo = Cli.run(environment, "tokenize", "--model", "src/tokenizer", "--text", "a");
      assertThat(typo.code()).isEqualTo(1);
      assertThat(typo.err()).contains("though the folder src does").contains("luthier pull");
      Cli folder = Cli.run(environment, "tokenize", "--model", "src/main", "--text", "a");
      assertThat(folder.err()).contains("tokenizer.json");
      Cli rows = check(environment, home, "nowhere/rows.jsonl");
      assertThat(rows.code()).isNotZero();
      assertThat(hub.requests).isEmpty();
    }
  }

  /** What a file names and a flag replaces must not be asked for. */
  @Test
  void what_a_flag_replaces_is_never_looked_up() throws Exception {
    Path config = Files.writeString(home.resolve("replaced.yaml"), "model: someone/something\n");
    Path rows = Files.writeString(home.resolve("one.jsonl"), "{\"text\":\"a b\"}\n");
    try (Repository hub = new Repository()) {
      Cli run =
          Cli.run(
              environment(hub),
              "sft",
              "--config",
              config.toString(),
              "--model",
              home.resolve("none").toString(),
              "--data",
              rows.toString(),
              "--output",
              home.resolve("out").toString());
      assertThat(run.code()).isNotZero();
      assertThat(hub.requests).isEmpty();
    }
  }
}
