package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.PromptCheck;
import dev.luthier.model.Transformer;
import dev.luthier.nn.KvPages;
import dev.luthier.nn.Packing;
import dev.luthier.nn.ServedAdapter;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Parallel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An {@link Engine} over libtorch: one thread runs all passes and tells all listeners, a {@link
 * Scheduler} says what runs. Callers put requests into a queue; adapters are read on the caller's
 * thread and join between two steps.
 */
public final class TorchEngine implements Engine {
  /** Root of the model's own pages. */
  static final long BASE = -1;

  private final EngineSettings settings;
  private final ModelLoader loader;
  private final Transformer model;
  private final ModelLanguage language;
  private final Forward forward;
  private final KvPages pages;
  private final PageTable table;
  private final Counters counters = new Counters();
  private final AtomicLong roots = new AtomicLong(BASE);
  private final Thread thread;
  private @Nullable String hash; // guarded by this

  /** What callers and the thread share; guarded by itself. */
  private final Shared shared = new Shared();

  private static final class Shared {
    final Deque<Sequence> queue = new ArrayDeque<>();
    final Deque<Embedding> embeddings = new ArrayDeque<>();
    final Map<String, LoadedAdapter> adapters = new TreeMap<>();
    final List<LoadedAdapter> leaving = new ArrayList<>();
    int room;
    boolean draining;
    boolean closing;
    boolean busy;
  }

  /** An input to be embedded. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Embedding(
      int[] ids, @Nullable LoadedAdapter adapter, CompletableFuture<float[]> result) {}

  private TorchEngine(
      EngineSettings settings, ModelLoader loader, Transformer model, ModelLanguage language) {
    this.settings = settings;
    this.loader = loader;
    this.model = model;
    this.language = language;
    this.forward = new Forward(model);
    boolean writes = model.kind() == Transformer.Kind.DECODER && model.task().isLanguage();
    List<KvPages.Sizes> sizes = writes ? forward.sizes() : List.of();
    int count = writes ? pages(sizes) : 0;
    this.pages = new KvPages(sizes, count, loader.dtype().scalarType(), loader.device());
    this.table = new PageTable(count);
    shared.room = settings.maxRunning();
    this.thread = new Thread(this::work, "luthier-engine");
    this.thread.setDaemon(true);
  }

  /**
   * Loads a model of Hugging Face's layout, and its adapters.
   *
   * @throws LuthierException if a folder is not what it is said to be; if the model is an encoder
   *     with a decoder; or if the budget holds no text worth the name
   */
  static TorchEngine open(EngineSettings settings) {
    Native.threads(settings.threads());
    Path folder = HfFolder.model(settings.model());
    ModelLoader loader = loader(settings);
    Transformer model = loader.load(folder).transformer();
    if (model.kind() == Transformer.Kind.ENCODER_DECODER) {
      throw new LuthierException(
          folder
              + " has an encoder and a decoder, which is not served: use luthier generate. See"
              + " docs/troubleshooting.md#not-served");
    }
    ModelLanguage language = ModelLanguage.read(folder, Optional.empty(), false);
    return open(settings, loader, model, language);
  }

  /** An engine over a model that was loaded without an adapter. */
  static TorchEngine open(
      EngineSettings settings, ModelLoader loader, Transformer model, ModelLanguage language) {
    TorchEngine engine = new TorchEngine(settings, loader, model, language);
    Kernels.releaseThreads();
    engine.thread.start();
    try {
      settings.adapters().forEach(engine::loadAdapter);
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
    return engine;
  }

  static ModelLoader loader(EngineSettings settings) {
    ModelLoader full = new ModelLoader(settings.dtype(), Device.CPU);
    return switch (settings.weights()) {
      case FULL -> full;
      case STORED ->
          new ModelLoader(full.dtype(), full.device(), ModelLoader.quantization(settings.model()));
      case INT8 -> full.packed(Optional.of(Packing.INT8));
      case INT4 -> full.packed(Optional.of(Packing.INT4));
    };
  }

  private int pages(List<KvPages.Sizes> sizes) {
    long bytes = KvPages.bytes(sizes, loader.dtype().scalarType());
    long longest = 1 + (model.shape().maxPositions() - 1) / KvPages.TOKENS;
    long most = longest * settings.maxRunning();
    long budget = settings.cacheBytes() > 0 ? settings.cacheBytes() : Memory.total() / 4;
    long count = Math.min(settings.cacheBytes() > 0 ? Integer.MAX_VALUE : most, budget / bytes);
    if (count < 2) {
      throw new LuthierException(
          "a budget of "
              + budget
              + " bytes for keys and values holds fewer than 32 tokens of this model, at "
              + bytes / KvPages.TOKENS
              + " bytes each: give it more with --budget");
    }
    return Math.toIntExact(Math.min(count, Integer.MAX_VALUE / KvPages.TOKENS));
  }

  /** Until it is closed. */
  private void work() {
    try (Scheduler scheduler =
        new Scheduler(model, forward, pages, table, counters, settings.maxRunning())) {
      while (true) {
        Embedding embedding;
        synchronized (shared) {
          leave(scheduler);
          shared.room = scheduler.room();
          shared.busy = !scheduler.isIdle();
          while (!shared.closing
              && scheduler.isIdle()
              && shared.queue.isEmpty()
              && shared.embeddings.isEmpty()) {
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
          shared.queue.removeIf(s -> s.isCancelled() && scheduler.add(s));
          while (!shared.queue.isEmpty() && scheduler.room() > 0) {
            scheduler.add(shared.queue.remove());
          }
          embedding = shared.embeddings.poll();
        }
        if (embedding != null) {
          embed(embedding);
        }
        if (!scheduler.isIdle()) {
          scheduler.step();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end();
    }
  }

  /** Frees adapters that were unloaded, once nobody uses them. */
  private void leave(Scheduler scheduler) {
    shared.leaving.removeIf(
        adapter -> {
          boolean used =
              scheduler.uses(adapter)
                  || shared.queue.stream().anyMatch(s -> s.adapter() == adapter)
                  || shared.embeddings.stream().anyMatch(e -> e.adapter == adapter);
          if (!used) {
            adapter.matrices().close();
          }
          return !used;
        });
  }

  private void embed(Embedding embedding) {
    try {
      embedding.result.complete(forward.embed(embedding.ids, embedding.adapter));
    } catch (RuntimeException | OutOfMemoryError e) {
      embedding.result.completeExceptionally(
          e instanceof LuthierException
              ? e
              : new LuthierException("the input could not be embedded: " + e, e));
    }
  }

  /** The thread's last act. */
  private void end() {
    synchronized (shared) {
      shared.closing = true;
      shared.busy = false;
      shared.embeddings.forEach(
          e -> e.result.completeExceptionally(new LuthierException("the engine was closed")));
      shared.embeddings.clear();
      shared.adapters.values().forEach(a -> a.matrices().close());
      shared.adapters.clear();
      shared.leaving.forEach(a -> a.matrices().close());
      shared.leaving.clear();
      shared.notifyAll();
    }
    pages.close();
    forward.close();
  }

  @Override
  public ModelLanguage language(Optional<String> adapter) {
    synchronized (shared) {
      LoadedAdapter own = adapter(adapter);
      return own == null ? language : own.language();
    }
  }

  /** Under the lock. */
  private @Nullable LoadedAdapter adapter(Optional<String> name) {
    if (name.isEmpty()) {
      return null;
    }
    LoadedAdapter found = shared.adapters.get(name.get());
    if (found == null) {
      throw new LuthierException(
          "there is no adapter "
              + name.get()
              + "; loaded are "
              + (shared.adapters.isEmpty() ? "none" : String.join(", ", shared.adapters.keySet())));
    }
    return found;
  }

  @Override
  public int contextLength() {
    int positions = model.shape().maxPositions();
    return table.pages() == 0 ? positions : Math.min(positions, capacity());
  }

  private int capacity() {
    return table.pages() * KvPages.TOKENS;
  }

  @Override
  public int vocabulary() {
    return model.shape().vocabulary();
  }

  @Override
  public boolean writesText() {
    return table.pages() > 0;
  }

  @Override
  public int maxRequests() {
    return settings.maxRequests();
  }

  @Override
  public Cancellation submit(EngineRequest request, EngineListener listener) {
    if (!writesText()) {
      throw new LuthierException(
          "the model writes no text: ask it for embeddings."
              + " See docs/troubleshooting.md#writes-no-text");
    }
    boolean exceeds = request.settings().exceedContext();
    int limit = exceeds ? capacity() : contextLength();
    check(request.prompt(), limit, request.promptScores() == PromptScores.ONLY ? 0 : 1);
    while (true) {
      LoadedAdapter adapter;
      synchronized (shared) {
        adapter = adapter(request.adapter());
        admits();
      }
      Sequence sequence =
          new Sequence(
              request, listener, adapter, adapter == null ? language : adapter.language(), limit);
      synchronized (shared) {
        if (adapter != null && shared.adapters.get(adapter.info().name()) != adapter) {
          continue; // it was unloaded meanwhile, and maybe loaded again
        }
        admits();
        shared.queue.add(sequence);
        shared.notifyAll();
      }
      return () -> {
        sequence.cancel();
        synchronized (shared) {
          shared.notifyAll();
        }
      };
    }
  }

  /** Under the lock. */
  private void admits() {
    accepts();
    if (shared.queue.size() >= settings.maxQueue() + Math.max(0, shared.room)) {
      throw new EngineBusyException(
          shared.queue.size() + " requests are waiting already, which is all the queue holds",
          counters.nextPlace());
    }
  }

  private void accepts() {
    if (shared.draining || shared.closing) {
      throw new LuthierException("the engine is shutting down and takes no more requests");
    }
  }

  private void check(int[] prompt, int context, int room) {
    List<String> complaints =
        new PromptCheck(context, room, vocabulary())
            .complaints("the prompt", new GenerateRequest(prompt, GenerateSettings.greedy(1)));
    if (!complaints.isEmpty()) {
      throw new LuthierException(String.join("; ", complaints));
    }
  }

  @Override
  public float[][] embed(List<int[]> inputs, Optional<String> adapter) {
    inputs.forEach(ids -> check(ids, model.shape().maxPositions(), 0));
    List<CompletableFuture<float[]>> results = new ArrayList<>();
    synchronized (shared) {
      accepts();
      if (shared.embeddings.size() > settings.maxQueue()) {
        throw new EngineBusyException(
            shared.embeddings.size() + " inputs are waiting already", counters.nextPlace());
      }
      LoadedAdapter own = adapter(adapter);
      for (int[] ids : inputs) {
        CompletableFuture<float[]> result = new CompletableFuture<>();
        results.add(result);
        shared.embeddings.add(new Embedding(ids, own, result));
      }
      shared.notifyAll();
    }
    return results.stream().map(Parallel::join).toArray(float[][]::new);
  }

  @Override
  public EngineAdapter loadAdapter(String name, Path folder) {
    synchronized (shared) {
      fits(name);
    }
    if (!settings.anyBase()) {
      TrainingBase.check(settings.model(), folder, this::hash);
    }
    ModelLanguage own =
        HfFolder.kind(settings.model()) == HfFolder.Kind.NOTHING // the model came from memory
            ? language
            : ModelLanguage.read(settings.model(), Optional.of(folder), false);
    ServedAdapter matrices = loader.adapter(model, folder);
    Kernels.releaseThreads();
    EngineAdapter info = new EngineAdapter(name, folder, matrices.rank(), Instant.now());
    synchronized (shared) {
      try {
        fits(name);
      } catch (LuthierException e) {
        matrices.close();
        throw e;
      }
      shared.adapters.put(name, new LoadedAdapter(info, own, matrices, roots.decrementAndGet()));
    }
    return info;
  }

  /** The model's, which takes as long as reading it. */
  private synchronized String hash() {
    if (hash == null) {
      hash = Hashes.folder(settings.model());
    }
    return hash;
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
      LoadedAdapter adapter = adapter(Optional.of(name));
      shared.adapters.remove(name);
      shared.leaving.add(adapter);
      shared.notifyAll();
    }
  }

  @Override
  public List<EngineAdapter> adapters() {
    synchronized (shared) {
      return shared.adapters.values().stream().map(LoadedAdapter::info).toList();
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
        table.pages());
  }

  /** How often a sequence had to give its pages to an older one. */
  long preemptions() {
    return counters.preemptions.get();
  }

  @Override
  public void drain(Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    synchronized (shared) {
      shared.draining = true;
      try {
        while (shared.busy || !shared.queue.isEmpty() || !shared.embeddings.isEmpty()) {
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
    }
  }
}
