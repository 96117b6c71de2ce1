package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufMetadata;
import dev.luthier.generate.GenerateDefaults;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.PromptCheck;
import dev.luthier.llamacpp.LlamaContext;
import dev.luthier.llamacpp.LlamaModel;
import dev.luthier.llamacpp.LlamaSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * An {@link Engine} over a GGUF file, which llama.cpp runs: one thread makes all passes and tells
 * all listeners. Adapters are GGUF files too.
 */
final class LlamaEngine implements Engine {
  private static final int BATCH = 512;

  private final EngineSettings settings;
  private final LlamaModel model;
  private final LlamaContext context;
  private final ModelLanguage language;
  private final Counters counters = new Counters();
  private final Thread thread;

  /** What callers and the thread share; guarded by itself. */
  private final Shared shared = new Shared();

  private static final class Shared {
    final Deque<LlamaText> queue = new ArrayDeque<>();
    final Map<String, LlamaServed> adapters = new TreeMap<>();
    final List<LlamaServed> leaving = new ArrayList<>();
    final List<LlamaServed> embedding = new ArrayList<>(); // once for each caller
    int room;
    boolean draining;
    boolean closing;
    boolean busy;
  }

  private LlamaEngine(EngineSettings settings, LlamaModel model, ModelLanguage language) {
    this.settings = settings;
    this.model = model;
    this.language = language;
    this.context = model.context(contextSettings(settings, model));
    shared.room = settings.maxRunning();
    this.thread = new Thread(this::work, "luthier-llama-cpp");
    this.thread.setDaemon(true);
  }

  /**
   * Opens a file, and its adapters.
   *
   * @throws LuthierException if llama.cpp does not take one of them, or the model writes no text
   */
  static Engine open(EngineSettings settings) {
    ModelLanguage language = language(settings.model());
    LlamaModel model = LlamaModel.open(settings.model());
    try {
      if (model.hasEncoder()) {
        throw new LuthierException(
            settings.model()
                + " has an encoder and a decoder, which is not served: use luthier generate. See"
                + " docs/troubleshooting.md#not-served");
      }
      LlamaEngine engine = new LlamaEngine(settings, model, language);
      engine.thread.start();
      settings.adapters().forEach(engine::loadAdapter);
      return engine;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** What the file names as the end of a turn or a message ends an answer, too. */
  private static ModelLanguage language(Path file) {
    ModelLanguage own = ModelLanguage.read(file, Optional.empty(), false);
    Set<Integer> stops = new TreeSet<>(own.defaults().stopIds());
    GgufMetadata metadata = Gguf.open(file).metadata();
    for (String key : List.of("eot_token_id", "eom_token_id")) {
      metadata.integer("tokenizer.ggml." + key).map(Long::intValue).ifPresent(stops::add);
    }
    return new ModelLanguage(
        own.tokenizer(), own.chat(), new GenerateDefaults(stops, own.defaults().sampling()));
  }

  private static LlamaSettings contextSettings(EngineSettings settings, LlamaModel model) {
    boolean exact = settings.dtype() == ComputeDtype.FLOAT32;
    long budget = settings.cacheBytes() > 0 ? settings.cacheBytes() : Memory.total() / 4;
    long most = (long) model.contextLength() * settings.maxRunning();
    long tokens = budget / bytesPerToken(settings.model(), model, exact ? 4 : 2);
    int length = (int) Math.min(Math.min(tokens, most), 1 << 20);
    int threads =
        settings.threads() > 0 ? settings.threads() : Runtime.getRuntime().availableProcessors();
    int batch = Math.min(length, Math.max(BATCH, settings.maxRunning()));
    return new LlamaSettings(Math.max(1, length), batch, settings.maxRunning(), threads, exact);
  }

  /** Of keys and values, in all layers. */
  private static long bytesPerToken(Path file, LlamaModel model, int bytes) {
    GgufMetadata metadata = Gguf.open(file).metadata();
    String family = metadata.text("general.architecture").orElse("") + ".";
    long heads = metadata.integer(family + "attention.head_count").orElse(1L);
    long kvHeads = metadata.integer(family + "attention.head_count_kv").orElse(heads);
    long width = model.hiddenSize() / Math.max(1, heads);
    long key = metadata.integer(family + "attention.key_length").orElse(width);
    long value = metadata.integer(family + "attention.value_length").orElse(width);
    long layers = metadata.integer(family + "block_count").orElse(1L);
    return Math.max(1, bytes * layers * kvHeads * (key + value));
  }

  /** Until it is closed. */
  private void work() {
    LlamaScheduler scheduler = new LlamaScheduler(context, counters);
    try {
      while (true) {
        synchronized (shared) {
          leave(scheduler);
          shared.room = scheduler.room();
          shared.busy = !scheduler.isIdle();
          while (!shared.closing && scheduler.isIdle() && shared.queue.isEmpty()) {
            shared.notifyAll(); // nothing is left: who drains may go on
            shared.wait();
            leave(scheduler);
          }
          if (shared.closing) {
            shared.queue.forEach(scheduler::add);
            shared.queue.clear();
            return;
          }
          shared.busy = true;
          shared.queue.removeIf(
              text -> {
                if (text.isCancelled()) {
                  scheduler.add(text);
                }
                return text.isCancelled();
              });
          while (!shared.queue.isEmpty() && scheduler.room() > 0) {
            scheduler.add(shared.queue.remove());
          }
        }
        scheduler.step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      synchronized (shared) {
        shared.closing = true;
        shared.busy = false;
        shared.notifyAll();
      }
      scheduler.end();
    }
  }

  /** Frees adapters that were unloaded, once nobody uses them. */
  private void leave(LlamaScheduler scheduler) {
    shared.leaving.removeIf(
        adapter -> {
          Optional<LlamaServed> own = Optional.of(adapter);
          boolean used =
              scheduler.uses(adapter)
                  || shared.embedding.contains(adapter)
                  || shared.queue.stream().anyMatch(t -> t.adapter().equals(own));
          if (!used) {
            context.useNone();
            adapter.matrices().close();
          }
          return !used;
        });
  }

  @Override
  public ModelLanguage language(Optional<String> adapter) {
    synchronized (shared) {
      adapter.ifPresent(this::adapter);
      return language;
    }
  }

  /** Under the lock. */
  private LlamaServed adapter(String name) {
    LlamaServed found = shared.adapters.get(name);
    if (found == null) {
      throw new LuthierException(
          "there is no adapter "
              + name
              + "; loaded are "
              + (shared.adapters.isEmpty() ? "none" : String.join(", ", shared.adapters.keySet())));
    }
    return found;
  }

  @Override
  public int contextLength() {
    return Math.min(model.contextLength(), context.settings().contextLength());
  }

  @Override
  public int vocabulary() {
    return model.vocabularySize();
  }

  @Override
  public int maxRequests() {
    return settings.maxRequests();
  }

  @Override
  public Cancellation submit(EngineRequest request, EngineListener listener) {
    int limit =
        request.settings().exceedContext() ? context.settings().contextLength() : contextLength();
    check(request.prompt(), limit, request.promptScores() == PromptScores.ONLY ? 0 : 1);
    LlamaText text;
    synchronized (shared) {
      accepts();
      text =
          new LlamaText(request, listener, request.adapter().map(this::adapter), language, limit);
      if (shared.queue.size() >= settings.maxQueue() + Math.max(0, shared.room)) {
        throw new EngineBusyException(
            shared.queue.size() + " requests are waiting already, which is all the queue holds",
            counters.nextPlace());
      }
      shared.queue.add(text);
      shared.notifyAll();
    }
    return () -> {
      text.cancel();
      synchronized (shared) {
        shared.notifyAll();
      }
    };
  }

  private void accepts() {
    if (shared.draining || shared.closing) {
      throw new LuthierException("the engine is shutting down and takes no more requests");
    }
  }

  private void check(int[] prompt, int length, int room) {
    List<String> complaints =
        new PromptCheck(length, room, vocabulary())
            .complaints("the prompt", new GenerateRequest(prompt, GenerateSettings.greedy(1)));
    if (!complaints.isEmpty()) {
      throw new LuthierException(String.join("; ", complaints));
    }
  }

  @Override
  public float[][] embed(List<int[]> inputs, Optional<String> adapter) {
    inputs.forEach(ids -> check(ids, model.contextLength(), 0));
    Optional<LlamaServed> own;
    synchronized (shared) {
      accepts();
      own = adapter.map(this::adapter);
      own.ifPresent(shared.embedding::add);
    }
    try {
      return inputs.stream().map(ids -> embed(ids, own)).toArray(float[][]::new);
    } finally {
      synchronized (shared) {
        own.ifPresent(shared.embedding::remove);
        shared.notifyAll();
      }
    }
  }

  private float[] embed(int[] ids, Optional<LlamaServed> adapter) {
    int threads = context.settings().threads();
    try (LlamaContext alone =
        model.context(new LlamaSettings(ids.length, ids.length, 1, threads, true))) {
      adapter.ifPresent(a -> alone.use(a.matrices(), 1));
      return mean(alone.hiddenStates(ids));
    }
  }

  /** The mean, of length 1. */
  private static float[] mean(float[][] states) {
    double[] sum = new double[states[0].length];
    for (float[] state : states) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += state[i];
      }
    }
    double norm = 0;
    for (double s : sum) {
      norm += s * s;
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      mean[i] = (float) (sum[i] / Math.sqrt(norm));
    }
    return mean;
  }

  @Override
  public EngineAdapter loadAdapter(String name, Path path) {
    synchronized (shared) {
      fits(name);
    }
    Path file = adapterFile(path);
    LlamaServed served =
        new LlamaServed(
            new EngineAdapter(name, path, rank(file), Instant.now()), model.adapter(file));
    synchronized (shared) {
      try {
        fits(name);
      } catch (LuthierException e) {
        served.matrices().close();
        throw e;
      }
      shared.adapters.put(name, served);
    }
    return served.info();
  }

  /** The file itself, or the one of its kind in a folder. */
  private static Path adapterFile(Path path) {
    if (Gguf.isNamed(path)) {
      return path;
    }
    try (Stream<Path> files = Files.isDirectory(path) ? Files.list(path) : Stream.empty()) {
      List<Path> found = files.filter(Gguf::isNamed).limit(2).toList();
      if (found.size() == 1) {
        return found.get(0);
      }
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be listed: " + e.getMessage(), e);
    }
    throw new LuthierException(
        path
            + " is no GGUF adapter, and a GGUF model takes no other: make one of it with ./luthier"
            + " export gguf-lora, or serve the model's folder instead of its GGUF file");
  }

  /** The largest of its matrices: lora_a is (R, in). */
  private static int rank(Path file) {
    return Gguf.open(file).tensors().values().stream()
        .filter(t -> t.name().endsWith(".lora_a"))
        .mapToInt(t -> (int) (t.elements() / t.columns()))
        .max()
        .orElse(0);
  }

  private void fits(String name) {
    accepts();
    if (shared.adapters.containsKey(name)) {
      throw new LuthierException(
          "there is an adapter " + name + " already: unload it first, or choose another name");
    }
    if (shared.adapters.size() >= settings.maxAdapters()) {
      throw new LuthierException(
          "--max-adapters allows "
              + settings.maxAdapters()
              + " at a time: unload one of "
              + String.join(", ", shared.adapters.keySet()));
    }
  }

  @Override
  public void unloadAdapter(String name) {
    synchronized (shared) {
      LlamaServed adapter = adapter(name);
      shared.adapters.remove(name);
      shared.leaving.add(adapter);
      shared.notifyAll();
    }
  }

  @Override
  public List<EngineAdapter> adapters() {
    synchronized (shared) {
      return shared.adapters.values().stream().map(LlamaServed::info).toList();
    }
  }

  @Override
  public EngineStats stats() {
    int waiting;
    synchronized (shared) {
      waiting = shared.queue.size();
    }
    return new EngineStats(
        counters.running,
        waiting,
        counters.promptTokens.get(),
        counters.cachedTokens.get(),
        counters.generatedTokens.get(),
        counters.requests.get(),
        counters.steps.get(),
        counters.cacheUsed,
        context.settings().contextLength());
  }

  @Override
  public void drain(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    synchronized (shared) {
      shared.draining = true;
      try {
        while (shared.busy || !shared.queue.isEmpty()) {
          long left = (until - System.nanoTime()) / 1_000_000;
          if (left <= 0) {
            return;
          }
          shared.wait(left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    synchronized (shared) {
      shared.closing = true;
      shared.notifyAll();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // its thread may still run in what would be freed
    }
    model.close();
  }
}
