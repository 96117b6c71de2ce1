package dev.luthier.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.SftRun;
import dev.luthier.recipe.SftSettings;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.tensor.Memory;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clients for minutes: eight adapters mixed, each of which answers with a word of its own, and
 * a ninth that comes and goes every second. Takes {@code -Dluthier.load.seconds=300}.
 */
@Tag("acceptance")
class LoadAcceptanceTest {
  private static final List<String> WORDS =
      List.of("garden", "river", "pencil", "queen", "window", "bicycle", "teacher", "bridge");
  private static final int CLIENTS = 64;
  private static final long CACHE = 64 << 20;

  private static final Duration TIME =
      Duration.ofSeconds(Long.getLong("luthier.load.seconds", 300));

  @TempDir Path folder = Path.of("");

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicInteger streamed = new AtomicInteger();
  private final AtomicInteger swaps = new AtomicInteger();
  private final AtomicLong tokens = new AtomicLong();
  private volatile long end = Long.MAX_VALUE;

  @Test
  void no_request_fails_no_adapter_is_mistaken_and_memory_stays_flat() throws Exception {
    Map<String, Path> adapters = new LinkedHashMap<>();
    for (String word : WORDS) {
      adapters.put(word, train(word));
    }
    // So few pages that all have been used, and are taken back, soon after the start.
    EngineSettings of = EngineSettings.of(FakeEngine.DEMO).withAdapters(adapters);
    EngineSettings settings =
        of.withLimits(of.maxRunning(), CACHE, of.maxQueue(), of.maxAdapters());
    try (Engine engine = Engines.open(settings);
        Server server =
            Server.start(ServerSettings.local("demo").withAdapterFolders(folder), problems::add)) {
      server.serve(engine);
      URI url = server.address();
      end = System.nanoTime() + TIME.toNanos();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        threads.add(new Thread(() -> ask(url, new Random(number))));
      }
      threads.add(new Thread(() -> swap(url)));
      threads.forEach(Thread::start);
      List<Long> resident = new ArrayList<>();
      while (System.nanoTime() < end) {
        Thread.sleep(TIME.toMillis() / 30);
        resident.add(live());
      }
      for (Thread thread : threads) {
        thread.join();
      }
      report(resident, engine);
      assertThat(problems).isEmpty();
      assertThat(answered.get()).isGreaterThan(CLIENTS);
      assertThat(streamed.get()).isPositive();
      assertThat(swaps.get()).isGreaterThan((int) (TIME.toSeconds() / 3));
      assertThat(engine.stats().cacheUsed()).isLessThanOrEqualTo(engine.stats().cachePages());
      // Level after a third of the time: not a tenth more at the end.
      assertThat(median(resident.subList(20, 30)))
          .isLessThan((long) (1.1 * median(resident.subList(10, 20))));
    }
  }

  /** An adapter that answers everything with one word. */
  private Path train(String word) throws IOException {
    Path rows = folder.resolve(word + ".jsonl");
    StringBuilder text = new StringBuilder();
    Random random = new Random(word.hashCode());
    for (int i = 0; i < 256; i++) {
      ObjectNode row = Http.JSON.createObjectNode();
      row.putArray("messages")
          .add(message("user", sentence(random)))
          .add(message("assistant", word));
      text.append(row).append('\n');
    }
    Files.writeString(rows, text);
    Path adapter = folder.resolve(word);
    Settings settings = new Settings();
    settings.set("model=" + FakeEngine.DEMO);
    settings.set("data.train=" + rows);
    settings.set("output=" + adapter);
    settings.set("data.maxLength=64");
    settings.set("train.maxSteps=24");
    settings.set("train.microBatchSize=8");
    settings.set("train.learningRate=4e-3");
    settings.set("lora.rank=8");
    settings.set("checkpoint.everySteps=0");
    SftRun.run(settings.bind(SftSettings.class), false, () -> false, new TrainListener() {});
    return adapter;
  }

  private static ObjectNode message(String role, String content) {
    return Http.JSON.createObjectNode().put("role", role).put("content", content);
  }

  private static String sentence(Random random) {
    List<String> who = List.of("The queen", "My brother", "A teacher", "The old monk", "She", "We");
    List<String> did = List.of("bought", "cleaned", "saw", "painted", "heard", "found");
    List<String> what =
        List.of("the hat", "a horn", "two apples", "the door", "my jacket", "a dog");
    return who.get(random.nextInt(6))
        + " "
        + did.get(random.nextInt(6))
        + " "
        + what.get(random.nextInt(6))
        + ".";
  }

  private void ask(URI url, Random random) {
    while (System.nanoTime() < end) {
      String word = WORDS.get(random.nextInt(WORDS.size()));
      boolean stream = random.nextInt(3) == 0;
      ObjectNode body = Http.JSON.createObjectNode().put("model", word).put("max_tokens", 12);
      body.put("stream", stream);
      body.putArray("messages").add(message("user", sentence(random)));
      try {
        HttpResponse<String> reply = post(url, "/v1/chat/completions", body);
        String text = stream ? streamed(reply.body()) : whole(reply.body());
        if (reply.statusCode() != 200 || !text.equals(word)) {
          problems.add(word + ": " + reply.statusCode() + " " + reply.body());
        }
        (stream ? streamed : answered).incrementAndGet();
      } catch (Exception e) {
        problems.add(word + ": " + e);
      }
    }
  }

  private String whole(String body) throws IOException {
    JsonNode json = Http.JSON.readTree(body);
    tokens.addAndGet(json.at("/usage/completion_tokens").asLong());
    return json.at("/choices/0/message/content").asText();
  }

  private static String streamed(String body) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String event : body.split("\n\n", -1)) {
      if (event.startsWith("data: {")) {
        text.append(Http.JSON.readTree(event.substring(6)).at("/choices/0/delta/content").asText());
      }
    }
    return text.toString();
  }

  /** Loads and unloads one adapter under a name of its own, and asks it in between. */
  private void swap(URI url) {
    for (int i = 0; System.nanoTime() < end; i++) {
      String word = WORDS.get(i % WORDS.size());
      String name = "guest-" + word;
      try {
        expect(
            url,
            "/v1/load_lora_adapter",
            Http.JSON.createObjectNode().put("lora_name", name).put("lora_path", word));
        ObjectNode body = Http.JSON.createObjectNode().put("model", name).put("max_tokens", 12);
        body.putArray("messages").add(message("user", "We found a dog."));
        String text = whole(post(url, "/v1/chat/completions", body).body());
        if (!text.equals(word)) {
          problems.add(name + " said " + text);
        }
        expect(url, "/v1/unload_lora_adapter", Http.JSON.createObjectNode().put("lora_name", name));
        swaps.incrementAndGet();
        Thread.sleep(500);
      } catch (Exception e) {
        problems.add(name + ": " + e);
      }
    }
  }

  private void expect(URI url, String path, ObjectNode body) throws Exception {
    HttpResponse<String> reply = post(url, path, body);
    if (!reply.body().startsWith("Success")) {
      problems.add(path + ": " + reply.body());
    }
  }

  private HttpResponse<String> post(URI url, String path, ObjectNode body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(url.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** Bytes in use: resident memory, less what Java's heap holds and does not need. */
  private static long live() {
    System.gc();
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    return Memory.resident() - (heap.getCommitted() - heap.getUsed());
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private void report(List<Long> resident, Engine engine) {
    System.err.printf(
        Locale.ROOT,
        "load: %d clients, %d s: %d answers, %d streams, %d swaps, %d problems; %s; in use, MiB,"
            + " %s%n",
        CLIENTS,
        TIME.toSeconds(),
        answered.get(),
        streamed.get(),
        swaps.get(),
        problems.size(),
        engine.stats(),
        resident.stream().map(bytes -> bytes >> 20).toList());
  }
}
