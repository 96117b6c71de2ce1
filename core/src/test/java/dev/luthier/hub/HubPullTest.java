package dev.luthier.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubPullTest {
  @TempDir Path home = Path.of("");

  static byte[] random(long seed, int size) {
    byte[] out = new byte[size];
    new Random(seed).nextBytes(out);
    return out;
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A model in shards, with what else such repositories hold. */
  static Map<String, byte[]> model() {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("config.json", text("{\"model_type\":\"llama\"}"));
    files.put("tokenizer.json", random(1, 35_001));
    files.put("tokenizer_config.json", text("{}"));
    files.put("empty.txt", new byte[0]);
    files.put("model-00001-of-00002.safetensors", random(2, 123_456));
    files.put("model-00002-of-00002.safetensors", random(3, 99_999));
    files.put(
        "model.safetensors.index.json",
        text(
            "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}"));
    files.put("pytorch_model.bin", random(4, 20_000));
    files.put("pytorch_model.bin.index.json", text("{}"));
    files.put("model.fp16.safetensors", random(5, 5_000));
    files.put("consolidated.safetensors", random(5, 5_000));
    files.put("model-q4.gguf", random(5, 5_000));
    files.put("onnx/model.bin", random(6, 5_000));
    files.put("onnx/config.json", text("{}"));
    files.put("README.md", text("# A model\n"));
    files.put("LICENSE", text("Apache 2.0"));
    return files;
  }

  private static final List<String> WANTED =
      List.of(
          "LICENSE",
          "README.md",
          "config.json",
          "empty.txt",
          "model-00001-of-00002.safetensors",
          "model-00002-of-00002.safetensors",
          "model.safetensors.index.json",
          "tokenizer.json",
          "tokenizer_config.json");

  static HubReference reference(String text) {
    return HubReference.parse(HubRepo.Kind.MODEL, text).orElseThrow();
  }

  private static List<String> tree(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(p -> !Files.isDirectory(p))
          .map(p -> folder.relativize(p).toString().replace('\\', '/'))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertSame(Snapshot snapshot, Map<String, byte[]> files) throws IOException {
    assertThat(snapshot.files()).extracting(HubFile::path).containsExactlyElementsOf(WANTED);
    for (HubFile file : snapshot.files()) {
      assertThat(Files.readAllBytes(snapshot.folder().resolve(file.path())))
          .as(file.path())
          .isEqualTo(files.get(file.path()));
    }
  }

  @Test
  void a_model_comes_into_the_cache_that_pythons_tools_share() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      Map<String, byte[]> files = model();
      files.put("additional_chat_templates/tools.jinja", text("{{ tools }}"));
      String commit = hub.repo("org/name").commit("main", files);
      hub.pageSize = 5;
      Snapshot snapshot =
          new Hub(hub.settings(home, Map.of()), TransferListener.NONE)
              .resolve(reference("org/name"), FileChoice.model());
      Path cache = home.resolve(".cache/huggingface/hub");
      Path repo = cache.resolve("models--org--name");
      assertThat(snapshot.folder()).isEqualTo(repo.resolve("snapshots/" + commit));
      List<String> expected = new CopyOnWriteArrayList<>();
      for (HubFile file : snapshot.files()) {
        byte[] content = Objects.requireNonNull(files.get(file.path()));
        String etag =
            LocalHub.isLarge(file.path())
                ? LocalHub.sha("SHA-256", content)
                : LocalHub.gitOid(content);
        expected.add("blobs/" + etag);
        expected.add("snapshots/" + commit + "/" + file.path());
        Path link = snapshot.folder().resolve(file.path());
        assertThat(Files.readSymbolicLink(link).toString())
            .isEqualTo((file.path().contains("/") ? "../../../" : "../../") + "blobs/" + etag);
        assertThat(Files.readAllBytes(link)).isEqualTo(content);
      }
      expected.add("refs/main");
      expected.add("listings/" + commit + ".json");
      assertThat(tree(repo)).containsExactlyElementsOf(expected.stream().sorted().toList());
      assertThat(repo.resolve("refs/main")).hasContent(commit);
      assertThat(tree(cache.resolve(".locks/models--org--name")))
          .hasSize(WANTED.size() + 1)
          .allMatch(name -> name.matches("[0-9a-f]+\\.lock"));
      assertThat(hub.problems).isEmpty();
    }
  }

  @Test
  void what_is_cached_is_used_without_any_request() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      Map<String, byte[]> files = model();
      hub.repo("org/name").commit("main", files);
      Hub ours = new Hub(hub.settings(home, Map.of()), TransferListener.NONE);
      Snapshot first = ours.resolve(reference("org/name"), FileChoice.model());
      int requests = hub.requests.size();
      Map<String, byte[]> newer = model();
      newer.put("config.json", text("{\"model_type\":\"qwen2\"}"));
      String next = hub.repo("org/name").commit("main", newer);
      Snapshot second = ours.resolve(reference("org/name"), FileChoice.model());
      Snapshot pinned = ours.resolve(reference("org/name@" + first.commit()), FileChoice.model());
      assertThat(second).isEqualTo(first).isEqualTo(pinned);
      assertThat(hub.requests).hasSize(requests);
      Snapshot pulled = ours.pull(reference("org/name"), FileChoice.model());
      assertThat(pulled.commit()).isEqualTo(next);
      assertSame(pulled, newer);
      assertThat(hub.requests.subList(requests, hub.requests.size()))
          .as("the commit, its listing and the one file that is new")
          .hasSize(3);
      assertThat(ours.resolve(reference("org/name"), FileChoice.model())).isEqualTo(pulled);
    }
  }

  @Test
  void offline_takes_the_cache_or_nothing() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      hub.repo("org/name").commit("main", model());
      Hub offline =
          new Hub(hub.settings(home, Map.of("HF_HUB_OFFLINE", "1")), TransferListener.NONE);
      assertThatThrownBy(() -> offline.resolve(reference("org/name"), FileChoice.model()))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("HF_HUB_OFFLINE")
          .hasMessageContaining("luthier pull");
      assertThat(hub.requests).isEmpty();
      new Hub(hub.settings(home, Map.of()), TransferListener.NONE)
          .pull(reference("org/name"), FileChoice.model());
      int requests = hub.requests.size();
      assertSame(offline.resolve(reference("org/name"), FileChoice.model()), model());
      assertThat(hub.requests).hasSize(requests);
    }
  }

  @Test
  void a_cache_that_python_filled_is_taken_as_it_is() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      String commit = "0123456789abcdef0123456789abcdef01234567";
      Path repo = home.resolve(".cache/huggingface/hub/models--org--name");
      Path snapshot = Files.createDirectories(repo.resolve("snapshots/" + commit));
      Files.writeString(Files.createDirectories(repo.resolve("refs")).resolve("main"), commit);
      Hub ours = new Hub(hub.settings(home, Map.of()), TransferListener.NONE);
      for (Map.Entry<String, byte[]> file : model().entrySet()) {
        if (file.getKey().matches("config\\.json|model-.*|model\\.safetensors.*")) {
          assertThat(ours.cached(reference("org/name"), FileChoice.model()))
              .as("before " + file.getKey())
              .isEmpty();
          Files.write(snapshot.resolve(file.getKey()), file.getValue());
        }
      }
      assertThat(ours.resolve(reference("org/name"), FileChoice.model()).folder())
          .isEqualTo(snapshot);
      assertThat(hub.requests).isEmpty();
    }
  }

  @Test
  void with_a_fault_at_every_fifth_request_every_byte_is_right() throws Exception {
    int faults = 0;
    for (int seed = 0; seed < 6; seed++) {
      try (LocalHub hub = new LocalHub(Faults.seeded(seed, 0.2))) {
        hub.repo("org/name").commit("main", model());
        AtomicLong moved = new AtomicLong();
        AtomicLong total = new AtomicLong();
        Snapshot snapshot =
            new Hub(hub.settings(home.resolve("" + seed), Map.of()), counting(moved, total))
                .resolve(reference("org/name"), FileChoice.model());
        assertSame(snapshot, model());
        assertThat(moved).hasValue(total.get()).hasValue(snapshot.bytes());
        assertThat(tree(snapshot.folder().resolve("../..").normalize()))
            .noneMatch(name -> name.contains("incomplete") || name.contains("pieces"));
        assertThat(hub.problems).isEmpty();
        faults += hub.faults.get();
      }
    }
    assertThat(faults).isGreaterThan(30);
  }

  private static TransferListener counting(AtomicLong moved, AtomicLong total) {
    return new TransferListener() {
      @Override
      public void begin(String what, int files, long bytes) {
        total.addAndGet(bytes);
      }

      @Override
      public void moved(long bytes) {
        moved.addAndGet(bytes);
      }

      @Override
      public void waiting(String why) {}
    };
  }

  @Test
  void each_fault_alone_is_overcome() throws Exception {
    for (Fault fault : Fault.values()) {
      int[] number = {0};
      Faults faults = () -> number[0]++ % 3 == 1 && number[0] < 40 ? fault : Fault.NONE;
      try (LocalHub hub = new LocalHub(faults)) {
        hub.repo("org/name").commit("main", model());
        HubSettings settings = hub.settings(home.resolve(fault.name()), Map.of()).with(1);
        assertSame(
            new Hub(settings, TransferListener.NONE)
                .resolve(reference("org/name"), FileChoice.model()),
            model());
      }
    }
  }

  @Test
  void an_interrupted_download_goes_on_where_it_ended() throws Exception {
    byte[] weights = random(7, 100_000);
    int[] number = {0};
    // The listing and some pieces come; then the hub falls silent.
    Faults dying = () -> number[0]++ < 9 ? Fault.NONE : Fault.BROKEN;
    try (LocalHub hub = new LocalHub(dying)) {
      hub.repo("org/name")
          .commit("main", Map.of("config.json", text("{}"), "model.safetensors", weights));
      HubSettings settings = hub.settings(home, Map.of()).with(1);
      Hub ours = new Hub(settings, TransferListener.NONE);
      assertThatThrownBy(() -> ours.resolve(reference("org/name"), FileChoice.model()))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("repeat the command to go on");
      long before = ranges(hub);
      number[0] = Integer.MIN_VALUE;
      hub.requests.clear();
      Snapshot snapshot = ours.resolve(reference("org/name"), FileChoice.model());
      assertThat(Files.readAllBytes(snapshot.folder().resolve("model.safetensors")))
          .isEqualTo(weights);
      assertThat(before).isPositive();
      assertThat(ranges(hub)).isBetween(1L, 8L);
    }
  }

  private static long ranges(LocalHub hub) {
    return hub.requests.stream().filter(r -> r.contains("sig=")).count();
  }

  @Test
  void two_that_pull_at_once_do_not_disturb_each_other() throws Exception {
    ExecutorService two = Executors.newFixedThreadPool(2);
    try (LocalHub hub = new LocalHub(Faults.seeded(3, 0.2))) {
      hub.repo("org/name").commit("main", model());
      List<Future<Snapshot>> both =
          Stream.of(1, 2)
              .map(
                  n ->
                      two.submit(
                          () ->
                              new Hub(hub.settings(home, Map.of()), TransferListener.NONE)
                                  .pull(reference("org/name"), FileChoice.model())))
              .toList();
      for (Future<Snapshot> one : both) {
        assertSame(one.get(), model());
      }
    } finally {
      two.shutdownNow();
    }
  }

  @Test
  void where_links_are_impossible_files_are_copied() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      hub.repo("org/name").commit("main", model());
      Hub ours =
          new Hub(
              hub.settings(home, Map.of()),
              TransferListener.NONE,
              (link, target) -> {
                throw new UnsupportedOperationException("no links here");
              });
      Snapshot snapshot = ours.resolve(reference("org/name"), FileChoice.model());
      assertSame(snapshot, model());
      assertThat(Files.isSymbolicLink(snapshot.folder().resolve("config.json"))).isFalse();
    }
  }

  @Test
  void a_snapshot_is_copied_into_a_folder_of_the_users() throws Exception {
    try (LocalHub hub = new LocalHub()) {
      hub.repo("org/name").commit("main", model());
      Snapshot snapshot =
          new Hub(hub.settings(home, Map.of()), TransferListener.NONE)
              .pull(
                  reference("org/name"),
                  FileChoice.listed(
                      List.of("*.json"), List.of("onnx/", "token*"), FileChoice.model()));
      Hub.copy(snapshot, home.resolve("here"));
      assertThat(tree(home.resolve("here")))
          .containsExactly(
              "config.json", "model.safetensors.index.json", "pytorch_model.bin.index.json");
      assertThat(Files.isSymbolicLink(home.resolve("here/config.json"))).isFalse();
    }
  }

  @Test
  void a_path_that_leads_out_of_the_cache_is_refused() throws Exception {
    for (String path :
        List.of("../evil.json", "/etc/evil.json", "a/../../evil.json", "a\\b.json")) {
      try (LocalHub hub = new LocalHub()) {
        hub.repo("org/name").commit("main", Map.of(path, text("{}")));
        assertThatThrownBy(
                () ->
                    new Hub(hub.settings(home, Map.of()), TransferListener.NONE)
                        .resolve(reference("org/name"), FileChoice.all()))
            .as(path)
            .isInstanceOf(LuthierException.class)
            .hasMessageContaining("cannot be one");
      }
    }
  }

  @Test
  void references_have_a_form() {
    assertThat(reference("org/name").revision()).isEqualTo("main");
    assertThat(reference("org/name@refs/pr/3").revision()).isEqualTo("refs/pr/3");
    HubReference files =
        HubReference.parse(HubRepo.Kind.DATASET, "org/name@v1:data/*.parquet").orElseThrow();
    assertThat(files.files()).isEqualTo(Optional.of("data/*.parquet"));
    for (String other :
        List.of(
            "name", "./org/name", "/org/name", "a/b/c", "org/", "../name", "~/name", "a\\b/c")) {
      assertThat(HubReference.parse(HubRepo.Kind.MODEL, other)).as(other).isEmpty();
    }
  }
}
