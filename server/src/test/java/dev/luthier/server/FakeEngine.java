package dev.luthier.server;

import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.StopReason;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineAdapter;
import dev.luthier.serve.EngineBusyException;
import dev.luthier.serve.EngineListener;
import dev.luthier.serve.EngineListener.Answer;
import dev.luthier.serve.EngineListener.ScoredToken;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.EngineStats;
import dev.luthier.serve.PromptScores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Writes what a test says, with the demo model's tokenizer and template and no model. */
final class FakeEngine implements Engine {
  static final Path DEMO = Path.of("../examples/demo/base");
  static final int CAPACITY = 100;

  final List<EngineRequest> heard = new CopyOnWriteArrayList<>();
  final AtomicInteger cancelled = new AtomicInteger();
  final AtomicBoolean full = new AtomicBoolean();
  private final ModelLanguage language = ModelLanguage.read(DEMO, Optional.empty(), false);
  private final Map<String, EngineAdapter> adapters = new ConcurrentSkipListMap<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "fake engine");
            thread.setDaemon(true);
            return thread;
          });
  private volatile String says = " Hello there.";
  private volatile Duration pause = Duration.ZERO;

  FakeEngine says(String text) {
    says = text;
    return this;
  }

  /** Before each token. */
  FakeEngine pausing(Duration time) {
    pause = time;
    return this;
  }

  @Override
  public ModelLanguage language(Optional<String> adapter) {
    return language;
  }

  @Override
  public int contextLength() {
    return 1024;
  }

  @Override
  public int vocabulary() {
    return 2048;
  }

  @Override
  public int maxRequests() {
    return CAPACITY;
  }

  @Override
  public Cancellation submit(EngineRequest request, EngineListener listener) {
    if (full.get()) {
      throw new EngineBusyException("the queue is full", Duration.ofMillis(2500));
    }
    if (request.prompt().length >= contextLength()) {
      throw new LuthierException("the prompt has too many tokens");
    }
    heard.add(request);
    AtomicBoolean stop = new AtomicBoolean();
    String text = request.adapter().map(name -> " I am " + name + ".").orElse(says);
    threads.execute(() -> write(text, request, listener, stop));
    return () -> stop.set(true);
  }

  private void write(
      String says, EngineRequest request, EngineListener listener, AtomicBoolean stop) {
    if (says.isEmpty()) {
      listener.failed(new LuthierException("the device is lost"));
      return;
    }
    if (request.promptScores() != PromptScores.NONE) {
      listener.prompt(
          Arrays.stream(request.prompt()).skip(1).mapToObj(FakeEngine::prompt).toList());
    }
    boolean only = request.promptScores() == PromptScores.ONLY;
    int[] all = only ? new int[0] : language.tokenizer().encodeIds(says, false);
    int length = Math.min(all.length, request.settings().maxNewTokens());
    List<Integer> context = new ArrayList<>();
    String text = "";
    for (int i = 0; i < length; i++) {
      sleep();
      if (stop.get()) {
        cancelled.incrementAndGet();
        listener.ended(answer(request, text, context, StopReason.CANCELLED));
        return;
      }
      context.add(all[i]);
      String longer = decode(context);
      List<ScoredToken> others = new ArrayList<>();
      for (int k = 0; k < request.logprobs(); k++) {
        others.add(new ScoredToken(300 + k, -0.5f - k, List.of()));
      }
      listener.token(new ScoredToken(all[i], -0.5f, others), longer.substring(text.length()));
      text = longer;
    }
    StopReason why = only || length < all.length ? StopReason.LENGTH : StopReason.STOP;
    listener.ended(answer(request, text, context, why));
  }

  private static ScoredToken prompt(int id) {
    return new ScoredToken(id, -1.5f, List.of(new ScoredToken(300, -0.25f, List.of())));
  }

  private String decode(List<Integer> ids) {
    return language.tokenizer().decode(ids.stream().mapToInt(i -> i).toArray(), true);
  }

  private static Answer answer(
      EngineRequest request, String text, List<Integer> ids, StopReason why) {
    int[] tokens = ids.stream().mapToInt(i -> i).toArray();
    return new Answer(text, "", tokens, why, "", request.prompt().length, 3);
  }

  private void sleep() {
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public float[][] embed(List<int[]> inputs, Optional<String> adapter) {
    float[][] vectors = new float[inputs.size()][];
    Arrays.setAll(vectors, i -> new float[] {0.6f, -0.8f, inputs.get(i).length});
    return vectors;
  }

  @Override
  public EngineAdapter loadAdapter(String name, Path folder) {
    if (!Files.exists(folder.resolve("adapter_config.json"))) {
      throw new LuthierException(folder.getFileName() + " has no adapter_config.json");
    }
    EngineAdapter adapter = new EngineAdapter(name, folder, 8, Instant.EPOCH);
    adapters.put(name, adapter);
    return adapter;
  }

  @Override
  public void unloadAdapter(String name) {
    if (adapters.remove(name) == null) {
      throw new LuthierException("there is no adapter " + name);
    }
  }

  @Override
  public List<EngineAdapter> adapters() {
    return List.copyOf(adapters.values());
  }

  @Override
  public EngineStats stats() {
    return new EngineStats(1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Override
  public void drain(Duration limit) {}

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
