package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.train.Trainables;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Adapters whose files cannot be read, loaded by request into the demo's model: each is refused
 * with the file's name, and the model goes on as before.
 */
class AdapterFaultsTest {
  private static final String CONFIG = "adapter_config.json";

  /** Linux has this file, whose first bytes nobody can read: the disk error of a test. */
  private static final Path UNREADABLE = Path.of("/proc/self/mem");

  private static final Engine ENGINE = Engines.open(EngineSettings.of(FakeEngine.DEMO));

  @TempDir private static Path sound = Path.of("");
  private final Path folder;
  private final Server server;
  private final Http http;

  AdapterFaultsTest(@TempDir Path folder) {
    this.folder = folder;
    this.server =
        Server.start(ServerSettings.local("demo").withAdapterFolders(folder), System.err::println);
    this.http = new Http(server);
    server.serve(ENGINE);
  }

  @BeforeAll
  static void adapter() {
    ModelLoader loader = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
    try (PointerScope scope = new PointerScope()) {
      LoraSettings lora = LoraSettings.defaults();
      Transformer model = loader.lora(FakeEngine.DEMO, lora, 1).transformer();
      Adapters.write(sound, new AdapterConfig(lora, "demo"), Trainables.of(model));
    }
  }

  @AfterEach
  void unharmed() throws Exception {
    copy("sound");
    Http.Reply loaded = load("sound");
    assertThat(loaded.status()).as(loaded.body()).isEqualTo(200);
    Http.Reply answer =
        http.post(
            "/v1/completions", "{\"model\": \"sound\", \"prompt\": \"Hi\", \"max_tokens\": 2}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(http.post("/v1/unload_lora_adapter", "{\"lora_name\": \"sound\"}").status())
        .isEqualTo(200);
    server.close();
  }

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private Path copy(String name) throws IOException {
    Path copy = Files.createDirectories(folder.resolve(name));
    for (String file : List.of(CONFIG, Adapters.WEIGHTS)) {
      Files.copy(sound.resolve(file), copy.resolve(file));
    }
    return copy;
  }

  private Http.Reply load(String name) throws Exception {
    String body = "{\"lora_name\": \"" + name + "\", \"lora_path\": \"" + name + "\"}";
    HttpRequest.Builder request =
        http.request("/v1/load_lora_adapter").header("Content-Type", "application/json");
    return http.send(
        request
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private void refused(Path adapter, String file, String why) throws Exception {
    Http.Reply reply = load(folder.relativize(adapter).toString());
    assertThat(reply.status()).as(reply.body()).isEqualTo(400);
    assertThat(reply.error("message")).contains(adapter.toRealPath().resolve(file) + " " + why);
    assertThat(reply.error("param")).isEqualTo("lora_path");
    assertThat(ENGINE.adapters()).isEmpty();
  }

  @Test
  void a_disk_error_names_the_file() throws Exception {
    assumeTrue(Files.exists(UNREADABLE), "a file whose bytes cannot be read");
    for (String name : List.of(CONFIG, "tokenizer.json", "chat_template.jinja")) {
      Path adapter = copy("disk-" + name);
      Files.deleteIfExists(adapter.resolve(name));
      Files.createSymbolicLink(adapter.resolve(name), UNREADABLE);
      refused(adapter, name, "cannot be read: Input/output error");
    }
  }

  @Test
  void a_file_cut_short() throws Exception {
    Path adapter = copy("cut");
    Path file = adapter.resolve(Adapters.WEIGHTS);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
    refused(adapter, Adapters.WEIGHTS, "is not a whole safetensors file");
    Files.write(file, new byte[0]);
    refused(adapter, Adapters.WEIGHTS, "is not a whole safetensors file");
  }

  @Test
  void a_folder_in_the_files_place() throws Exception {
    Path adapter = copy("folder");
    Path file = adapter.resolve(Adapters.WEIGHTS);
    Files.delete(file);
    Files.createDirectory(file);
    refused(adapter, Adapters.WEIGHTS, "cannot be read");
    Path words = copy("folder-of-words");
    Files.createDirectory(words.resolve("tokenizer.json"));
    refused(words, "tokenizer.json", "is a folder; expected a file");
  }

  @Test
  void a_link_to_nothing() throws Exception {
    for (String name : List.of(CONFIG, Adapters.WEIGHTS)) {
      Path adapter = copy("link-" + name);
      Files.delete(adapter.resolve(name));
      Files.createSymbolicLink(adapter.resolve(name), folder.resolve("nothing"));
      refused(adapter, name, "is a link to a file that is not there");
    }
  }

  @Test
  void a_pipe_that_nobody_writes_to() throws Exception {
    Path adapter = copy("pipe");
    Path file = adapter.resolve(Adapters.WEIGHTS);
    Files.delete(file);
    assumeTrue(mkfifo(file), "mkfifo");
    refused(adapter, Adapters.WEIGHTS, "is a pipe, a socket or a device");
  }

  private static boolean mkfifo(Path file) throws InterruptedException {
    try {
      return new ProcessBuilder("mkfifo", file.toString()).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void an_adapter_of_another_model() throws Exception {
    Path adapter = copy("other");
    try (PointerScope scope = new PointerScope()) {
      Map<String, Tensor> tensors = new TreeMap<>();
      for (int i = 0; i < 40; i++) {
        tensors.put("h." + i + ".lora_A.weight", torch.zeros(4, 4));
      }
      Adapters.write(adapter, new AdapterConfig(LoraSettings.defaults(), "other"), tensors);
    }
    Http.Reply reply = load("other");
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.error("message"))
        .contains("do not fit", "an adapter fits the base that it was trained over")
        .containsPattern("and \\d+ more")
        .hasLineCount(10);
  }
}
