package dev.luthier.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubPushTest {
  private static final Map<String, String> WITH_TOKEN = Map.of("HF_TOKEN", LocalHub.TOKEN);

  @TempDir Path home = Path.of("");

  /** An adapter as a run leaves it. */
  private Path adapter() throws IOException {
    Path folder = home.resolve("adapter");
    Map<String, byte[]> files = new TreeMap<>();
    files.put("adapter_config.json", HubPullTest.text("{\"peft_type\":\"LORA\"}"));
    files.put("adapter_model.safetensors", HubPullTest.random(1, 100_001));
    files.put("tokenizer.json", HubPullTest.text("{}"));
    files.put("README.md", HubPullTest.text("# Grüße\n"));
    files.put("run.json", HubPullTest.text("{\"model\":\"/home/me\"}"));
    files.put("refused.jsonl", HubPullTest.text("{\"text\":\"private\"}"));
    files.put("metrics.jsonl", HubPullTest.text("{}"));
    files.put("checkpoints/step-8/optimizer.safetensors", HubPullTest.random(2, 1000));
    files.put("checkpoints/step-8/adapter_model.safetensors", HubPullTest.random(2, 1000));
    files.put(".hidden.json", HubPullTest.text("{}"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path to = folder.resolve(file.getKey());
      Files.createDirectories(Objects.requireNonNull(to.getParent()));
      Files.write(to, file.getValue());
    }
    return folder;
  }

  private static final List<String> PUSHED =
      List.of("README.md", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json");

  private static List<LocalFile> chosen(Path folder) {
    return PushChoice.of(folder, HubRepo.Kind.MODEL, List.of(), List.of());
  }

  private HubPush.Result push(LocalHub hub, Path folder, String to) {
    return new HubPush(hub.settings(home, WITH_TOKEN), TransferListener.NONE)
        .push(chosen(folder), HubPullTest.reference(to), true, "An adapter\n\nof tests");
  }

  private static void assertHas(LocalHub hub, String commit, Path folder) throws IOException {
    TreeMap<String, byte[]> there = hub.repo("org/name").files(commit);
    assertThat(there.keySet()).containsAll(PUSHED);
    for (String path : PUSHED) {
      assertThat(there.get(path)).isEqualTo(Files.readAllBytes(folder.resolve(path)));
    }
    assertThat(hub.problems).isEmpty();
  }

  @Test
  void an_adapter_is_pushed_in_one_commit_without_what_is_the_machines_own() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      Path folder = adapter();
      HubPush.Result result = push(hub, folder, "org/name");
      assertHas(hub, result.commit(), folder);
      assertThat(hub.repo("org/name").files(result.commit()).keySet())
          .containsExactly(
              ".gitattributes",
              "README.md",
              "adapter_config.json",
              "adapter_model.safetensors",
              "tokenizer.json");
      assertThat(hub.uploads.created).hasSize(1);
      assertThat(hub.uploads.created.get(0).toString())
          .isEqualTo("{\"name\":\"name\",\"organization\":\"org\",\"private\":true}");
      assertThat(hub.uploads.parts).as("of 40,000 bytes").hasSize(3);
      assertThat(hub.uploads.commits).hasSize(1);
      List<JsonNode> lines = hub.uploads.commits.get(0);
      assertThat(lines)
          .extracting(l -> l.path("key").asText())
          .containsExactly("header", "file", "file", "lfsFile", "file");
      assertThat(lines.get(0).at("/value/summary").asText()).isEqualTo("An adapter");
      assertThat(lines.get(0).at("/value/description").asText()).isEqualTo("of tests");
      assertThat(Base64.getDecoder().decode(lines.get(1).at("/value/content").asText()))
          .isEqualTo("# Grüße\n".getBytes(StandardCharsets.UTF_8));
      JsonNode large = lines.get(3).path("value");
      assertThat(large.path("algo").asText()).isEqualTo("sha256");
      assertThat(large.path("size").asLong()).isEqualTo(100_001);
      assertThat(large.path("oid").asText())
          .isEqualTo(LocalHub.sha("SHA-256", HubPullTest.random(1, 100_001)));
    }
  }

  @Test
  void what_is_there_is_not_sent_again() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      Path folder = adapter();
      HubPush.Result first = push(hub, folder, "org/name");
      HubPush.Result same = push(hub, folder, "org/name");
      assertThat(same.commit()).isEqualTo(first.commit());
      assertThat(same.plan().send()).isEmpty();
      assertThat(same.plan().unchanged()).isEqualTo(4);
      assertThat(hub.uploads.commits).hasSize(1);
      Files.writeString(folder.resolve("README.md"), "# Another\n");
      HubPush.Result changed = push(hub, folder, "org/name");
      assertThat(changed.plan().send()).extracting(LocalFile::path).containsExactly("README.md");
      assertHas(hub, changed.commit(), folder);
      HubPush.Result branch = push(hub, folder, "org/name@v2");
      assertThat(hub.repo("org/name").branches).containsKeys("main", "v2");
      assertThat(branch.plan().send()).hasSize(4);
      assertThat(hub.problems).as("the storage had the weights").isEmpty();
    }
  }

  @Test
  void with_a_fault_at_every_fifth_request_every_byte_arrives_in_one_commit() throws Exception {
    int faults = 0;
    for (int seed = 0; seed < 8; seed++) {
      try (LocalHub hub = new LocalHub(Faults.seeded(seed, 0.2))) {
        Path folder = adapter();
        HubPush.Result result = push(hub, folder, "org/name");
        assertHas(hub, result.commit(), folder);
        assertThat(hub.uploads.commits).hasSize(1);
        faults += hub.faults.get();
      }
    }
    assertThat(faults).isGreaterThan(10);
  }

  @Test
  void a_commit_whose_answer_is_lost_is_not_made_twice() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      hub.uploads.loseAnswer = true;
      Path folder = adapter();
      HubPush.Result result = push(hub, folder, "org/name");
      assertHas(hub, result.commit(), folder);
      assertThat(hub.uploads.commits).hasSize(1);
    }
  }

  @Test
  void what_cannot_be_pushed_is_said_before_anything_is_sent() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      Path folder = adapter();
      assertThatThrownBy(
              () ->
                  new HubPush(hub.settings(home, Map.of()), TransferListener.NONE)
                      .push(chosen(folder), HubPullTest.reference("org/name"), false, "m"))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("HF_TOKEN");
      Files.writeString(folder.resolve("README.md"), "use " + LocalHub.TOKEN);
      assertThatThrownBy(() -> push(hub, folder, "org/name"))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("README.md")
          .hasMessageContaining("a token of the hub")
          .hasMessageNotContaining(LocalHub.TOKEN);
      assertThat(hub.requests).isEmpty();
      assertThatThrownBy(() -> chosen(Files.createDirectories(home.resolve("nothing"))))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--dataset");
    }
  }

  @Test
  void rows_are_pushed_as_a_data_set() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      Path folder = Files.createDirectories(home.resolve("rows/data"));
      Files.writeString(folder.resolve("train.jsonl"), "{}\n");
      Files.writeString(home.resolve("rows/dropped.jsonl"), "{}\n");
      List<LocalFile> files =
          PushChoice.of(home.resolve("rows"), HubRepo.Kind.DATASET, List.of(), List.of());
      HubReference to = HubReference.parse(HubRepo.Kind.DATASET, "org/rows").orElseThrow();
      HubPush.Result result =
          new HubPush(hub.settings(home, WITH_TOKEN), TransferListener.NONE)
              .push(files, to, false, "rows");
      assertThat(hub.repo("datasets/org/rows").files(result.commit()).keySet())
          .containsExactly(".gitattributes", "data/train.jsonl");
      assertThat(hub.uploads.created.get(0).path("type").asText()).isEqualTo("dataset");
      assertThat(result.url()).endsWith("/datasets/org/rows");
    }
  }
}
