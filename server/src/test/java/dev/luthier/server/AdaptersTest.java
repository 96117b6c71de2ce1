package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters as models, loaded and unloaded while the server runs. */
class AdaptersTest {
  @TempDir Path folder = Path.of("");
  private final FakeEngine engine = new FakeEngine();
  private Server server = Server.start(ServerSettings.local("base"), System.err::println);
  private Http http = new Http(server);

  @BeforeEach
  void start() throws IOException {
    server.close();
    Path inside = Files.createDirectories(folder.resolve("adapters/yoda"));
    Files.writeString(inside.resolve("adapter_config.json"), "{}");
    Files.createDirectories(folder.resolve("adapters/broken"));
    Path outside = Files.createDirectories(folder.resolve("elsewhere/secret"));
    Files.writeString(outside.resolve("adapter_config.json"), "{}");
    Files.createSymbolicLink(folder.resolve("adapters/link-out"), outside);
    Files.createSymbolicLink(folder.resolve("adapters/link-in"), inside);
    server =
        Server.start(
            ServerSettings.local("base").withAdapterFolders(folder.resolve("adapters")),
            System.err::println);
    server.serve(engine);
    http = new Http(server);
  }

  @AfterEach
  void close() {
    server.close();
    engine.close();
  }

  private Http.Reply load(String name, String path) throws Exception {
    return http.post(
        "/v1/load_lora_adapter",
        Http.JSON.createObjectNode().put("lora_name", name).put("lora_path", path).toString());
  }

  private Http.Reply ask(String model) throws Exception {
    return http.post(
        "/v1/completions",
        Http.JSON.createObjectNode().put("model", model).put("prompt", "Hi").toString());
  }

  @Test
  void an_adapter_comes_is_asked_by_its_name_and_goes() throws Exception {
    assertThat(ask("yoda").status()).isEqualTo(404);
    Http.Reply loaded = load("yoda", "yoda");
    assertThat(loaded.status()).isEqualTo(200);
    assertThat(loaded.body()).isEqualTo("Success: LoRA adapter 'yoda' added successfully.");
    JsonNode answer = ask("yoda").json();
    assertThat(answer.path("model").asText()).isEqualTo("yoda");
    assertThat(answer.at("/choices/0/text").asText()).isEqualTo(" I am yoda.");
    JsonNode models = http.get("/v1/models").json().path("data");
    assertThat(models.findValuesAsText("id")).containsExactly("base", "yoda");
    assertThat(models.get(1).path("parent").asText()).isEqualTo("base");
    assertThat(models.get(1).path("root").asText()).endsWith("adapters/yoda");
    assertThat(models.get(0).path("parent").isNull()).isTrue();
    assertThat(http.get("/v1/models/yoda").json()).isEqualTo(models.get(1));
    assertThat(load("yoda", "yoda").error("message")).contains("has already been loaded");
    Http.Reply gone = http.post("/v1/unload_lora_adapter", "{\"lora_name\": \"yoda\"}");
    assertThat(gone.body()).isEqualTo("Success: LoRA adapter 'yoda' removed successfully.");
    assertThat(ask("yoda").error("code")).isEqualTo("model_not_found");
    assertThat(http.post("/v1/unload_lora_adapter", "{\"lora_name\": \"yoda\"}").status())
        .isEqualTo(404);
  }

  @Test
  void nothing_outside_the_folders_is_loaded_nor_told_from_what_is_not_there() throws Exception {
    String missing = load("a", "nothing-there").error("message");
    for (String path :
        List.of(
            "../elsewhere/secret",
            folder.resolve("elsewhere/secret").toString(),
            "link-out",
            "yoda/../../elsewhere/secret",
            "/etc",
            "..",
            ".",
            "a\0b")) {
      Http.Reply reply = load("a", path);
      assertThat(reply.status()).as(path).isEqualTo(404);
      assertThat(reply.error("message")).isEqualTo(missing);
    }
    assertThat(engine.adapters()).isEmpty();
    assertThat(load("a", "link-in").status()).isEqualTo(200);
    assertThat(engine.adapters().get(0).folder())
        .isEqualTo(folder.resolve("adapters/yoda").toRealPath());
    assertThat(load("b", folder.resolve("adapters/yoda").toString()).status()).isEqualTo(200);
  }

  @Test
  void what_the_engine_says_of_an_adapter_is_passed_on() throws Exception {
    Http.Reply reply = load("x", "broken");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error("message")).contains("no adapter_config.json");
    assertThat(load("base", "yoda").status()).isEqualTo(400);
    assertThat(load("", "yoda").status()).isEqualTo(400);
    assertThat(load("a\"} 1\nb", "yoda").status()).isEqualTo(400);
  }

  @Test
  void without_a_folder_no_adapter_is_loaded() throws Exception {
    try (Server closed = Server.start(ServerSettings.local("base"), System.err::println)) {
      closed.serve(engine);
      Http.Reply reply =
          new Http(closed)
              .post("/v1/load_lora_adapter", "{\"lora_name\": \"a\", \"lora_path\": \"/\"}");
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.error("message")).contains("--adapter-folder");
    }
  }
}
