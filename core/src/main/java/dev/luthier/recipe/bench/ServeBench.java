package dev.luthier.recipe.bench;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.export.GgufExport;
import dev.luthier.export.GgufFileType;
import dev.luthier.export.Importance;
import dev.luthier.format.DType;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.measure.MemoryBandwidth;
import dev.luthier.measure.RandomAdapter;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.recipe.bench.ServeBenchResult.Decoding;
import dev.luthier.recipe.bench.ServeBenchResult.Mixing;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineListener;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Times an engine: one text alone, many at once, and many with different adapters. Texts are of
 * random tokens and of fixed length.
 */
public final class ServeBench {
  /** Requests that are timed one after another. */
  private static final int ALONE = 4;

  /** Texts whose tokens are timed. */
  private static final int TEXTS = 5;

  private final ServeBenchSettings settings;
  private final BenchModel what;
  private final Consumer<String> progress;

  private ServeBench(ServeBenchSettings settings, Consumer<String> progress) {
    this.settings = settings;
    this.what = new BenchModel(settings.shape(), settings.model());
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param progress is told, a line at a time, what happens
   */
  public static ServeBenchResult run(ServeBenchSettings settings, Consumer<String> progress) {
    return BenchModel.withScratch(new ServeBench(settings, progress)::run);
  }

  private ServeBenchResult run(Path scratch) {
    List<Decoding> decoding = new ArrayList<>();
    double alone = 0;
    double together = 0;
    Optional<Mixing> mixing = Optional.empty();
    for (EngineSettings.Weights weights : settings.weights()) {
      progress.accept("loading " + settings.what() + ", weights " + weights);
      EngineSettings how =
          limits(settings.model().orElse(scratch.resolve("none"))).withWeights(weights);
      ModelLoader loader = Engines.loader(how);
      Transformer model = model(loader);
      try (Engine engine = Engines.over(model, loader, what.language(scratch), how)) {
        progress.accept("one text alone");
        decoding.add(decoding(engine, weights.toString(), bytes(model, weights)));
        if (decoding.size() == 1) {
          progress.accept(settings.requests() + " together");
          alone = speed(engine, Math.min(ALONE, settings.requests()), true, List.of());
          together = speed(engine, settings.requests(), false, List.of());
          mixing = mixing(engine, model, scratch);
        }
      }
    }
    return new ServeBenchResult(settings, decoding, llama(scratch), alone, together, mixing);
  }

  private EngineSettings limits(Path model) {
    return EngineSettings.of(model)
        .withDtype(settings.dtype())
        .withLimits(settings.requests(), 0, settings.requests(), settings.adapters());
  }

  /** The same weights in files of llama.cpp's types, by llama.cpp. */
  private List<Decoding> llama(Path scratch) {
    List<Decoding> out = new ArrayList<>();
    if (settings.llama().isEmpty()) {
      return out;
    }
    Path folder = settings.model().orElseGet(() -> written(scratch.resolve("model")));
    for (GgufFileType type : settings.llama()) {
      progress.accept("llama.cpp, " + type);
      Path file = scratch.resolve("model.gguf");
      // Pure, so that each matrix has the bits that its name says.
      new GgufExport(folder, Optional.empty(), false, type, Importance.NONE, true)
          .run(file, (done, total) -> {});
      try (Engine engine = Engines.open(limits(file).withLimits(1, 0, 1, 0))) {
        out.add(decoding(engine, type.toString(), matrices(file)));
      }
    }
    return out;
  }

  /** The model of random weights as a folder. */
  private Path written(Path folder) {
    Transformer model =
        new ModelLoader(settings.dtype(), Device.CPU)
            .patterned(what.config(), BenchModel.SEED)
            .transformer();
    DType dtype = settings.dtype() == ComputeDtype.FLOAT32 ? DType.F32 : DType.BF16;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LuthierException("cannot write " + folder + ": " + e.getMessage(), e);
    }
    ModelFiles.write(folder, what.config(), model.parameters().all(), dtype);
    BenchModel.tokenizer(folder);
    return folder;
  }

  /** Bytes of a file's matrices but for the table of tokens, of which a token reads one row. */
  private static long matrices(Path file) {
    Map<String, GgufTensor> tensors = Gguf.open(file).tensors();
    boolean tied = !tensors.containsKey("output.weight");
    return tensors.entrySet().stream()
        .filter(t -> t.getValue().columns() < t.getValue().elements())
        .filter(t -> tied || !t.getKey().equals("token_embd.weight"))
        .mapToLong(t -> t.getValue().length())
        .sum();
  }

  private Optional<Mixing> mixing(Engine engine, Transformer model, Path scratch) {
    if (settings.adapters() == 0) {
      return Optional.empty();
    }
    progress.accept("the same with " + settings.adapters() + " adapters");
    List<String> names = new ArrayList<>();
    for (int i = 0; i < settings.adapters(); i++) {
      names.add("adapter" + i);
      engine.loadAdapter(
          "adapter" + i,
          RandomAdapter.write(
              scratch.resolve("adapter" + i),
              what.config(),
              LoraSettings.defaults(),
              settings.what(),
              i));
    }
    speed(engine, settings.requests(), false, names);
    double one = 0;
    double many = 0;
    for (int i = 0; i < 3; i++) { // in turn, so that what disturbs the machine disturbs both
      one = Math.max(one, speed(engine, settings.requests(), false, names.subList(0, 1)));
      many = Math.max(many, speed(engine, settings.requests(), false, names));
    }
    return Optional.of(new Mixing(one, many));
  }

  private Transformer model(ModelLoader loader) {
    return settings.model().isPresent()
        ? loader.load(settings.model().get()).transformer()
        : loader.patterned(what.config(), BenchModel.SEED).transformer();
  }

  /** Bytes of matrices that one token reads. */
  private long bytes(Transformer model, EngineSettings.Weights weights) {
    double number =
        switch (weights) {
          case FULL, STORED -> settings.dtype() == ComputeDtype.FLOAT32 ? 4 : 2;
          case INT8 -> 1;
          case INT4 -> 0.625;
        };
    return Math.round(
        model.linears().values().stream().mapToLong(l -> (long) l.in() * l.out()).sum() * number);
  }

  /** Texts alone and the memory's speed in turn, since what disturbs the machine comes and goes. */
  private Decoding decoding(Engine engine, String weights, long bytes) {
    List<Double> tokens = new ArrayList<>();
    List<Double> bandwidths = new ArrayList<>();
    between(engine); // which warms up
    for (int i = 0; i < TEXTS; i++) {
      bandwidths.add(MemoryBandwidth.measure());
      Kernels.releaseThreads(); // this thread's would take the engine's their turn
      tokens.addAll(between(engine));
    }
    bandwidths.add(MemoryBandwidth.measure());
    return new Decoding(weights, BenchModel.median(tokens), bytes, BenchModel.median(bandwidths));
  }

  /** Seconds between two tokens of a text, of all of them. */
  private List<Double> between(Engine engine) {
    Text text = new Text();
    engine.submit(request(0, Optional.empty()), text);
    text.done.join();
    List<Double> out = new ArrayList<>();
    for (int i = 1; i < text.times.size(); i++) {
      out.add((text.times.get(i) - text.times.get(i - 1)) / 1e9);
    }
    return out;
  }

  /**
   * New tokens per second.
   *
   * @param oneByOne whether a request waits for the one before
   * @param adapters given to requests in turn
   */
  private double speed(Engine engine, int count, boolean oneByOne, List<String> adapters) {
    long from = System.nanoTime();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Optional<String> adapter =
          adapters.isEmpty() ? Optional.empty() : Optional.of(adapters.get(i % adapters.size()));
      Text text = new Text();
      engine.submit(request(System.nanoTime(), adapter), text);
      all.add(text.done);
      if (oneByOne) {
        text.done.join();
      }
    }
    all.forEach(CompletableFuture::join);
    return count * (double) settings.answer() / ((System.nanoTime() - from) / 1e9);
  }

  private EngineRequest request(long seed, Optional<String> adapter) {
    int[] prompt = what.prompt(settings.prompt(), seed);
    SamplingSettings endless =
        SamplingSettings.greedy().withExcluded(settings.answer(), List.of(), List.of());
    GenerateSettings how = GenerateSettings.greedy(settings.answer()).withSampling(endless);
    return new EngineRequest(prompt, how, adapter, -1, Optional.empty());
  }

  /** When a text's tokens came. */
  private static final class Text implements EngineListener {
    final List<Long> times = new ArrayList<>();
    final CompletableFuture<Void> done = new CompletableFuture<>();

    @Override
    public void token(ScoredToken token, String text) {
      times.add(System.nanoTime());
    }

    @Override
    public void ended(Answer answer) {
      done.complete(null);
    }

    @Override
    public void failed(LuthierException problem) {
      done.completeExceptionally(problem);
    }
  }
}
