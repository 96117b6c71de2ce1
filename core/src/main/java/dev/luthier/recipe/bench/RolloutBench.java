package dev.luthier.recipe.bench;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.measure.RandomAdapter;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.optim.Optimizer;
import dev.luthier.serve.Engine;
import dev.luthier.serve.EngineListener;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.EngineSettings;
import dev.luthier.serve.Engines;
import dev.luthier.serve.TextSampler;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Seeds;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Gradients;
import dev.luthier.train.Optimizers;
import dev.luthier.train.Snapshot;
import dev.luthier.train.StepData;
import dev.luthier.train.StepHeap;
import dev.luthier.train.StepLayout;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.WeightSource;
import dev.luthier.train.policy.Advantages.Scale;
import dev.luthier.train.policy.ClippedLoss;
import dev.luthier.train.policy.Credit;
import dev.luthier.train.policy.KlWeight;
import dev.luthier.train.policy.PolicyPlan;
import dev.luthier.train.policy.PolicySettings;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import dev.luthier.train.policy.Prompt;
import dev.luthier.train.policy.RewardSum;
import dev.luthier.train.policy.RolloutSteps;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Times iterations of {@code grpo}, part by part, and in turn with them the engine of {@code
 * luthier serve} with an adapter of the same shape, rank 16, over the same base. Texts are of
 * random tokens and of fixed length; rewards follow from the answers' numbers.
 */
public final class RolloutBench {
  private static final String ADAPTER = "adapter";
  private static final double LEARNING_RATE = 1e-5;
  private static final int MICRO_BATCH = 4;
  private static final int ROW_STEP = 8;

  private final RolloutBenchSettings settings;
  private final BenchModel what;
  private final SamplingSettings endless;
  private final List<int[]> prompts;
  private final Consumer<String> progress;
  private final Map<String, List<Double>> seconds = new LinkedHashMap<>();
  private double difference;

  private RolloutBench(RolloutBenchSettings settings, Consumer<String> progress) {
    this.settings = settings;
    this.what = new BenchModel(settings.shape(), settings.model());
    this.endless =
        SamplingSettings.sampling(1).withExcluded(settings.answer(), List.of(), List.of());
    this.prompts =
        IntStream.range(0, settings.prompts())
            .mapToObj(i -> what.prompt(settings.prompt(), BenchModel.SEED + i))
            .toList();
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param progress is told, a line at a time, what happens
   */
  public static RolloutBenchResult run(RolloutBenchSettings settings, Consumer<String> progress) {
    return BenchModel.withScratch(new RolloutBench(settings, progress)::run);
  }

  private RolloutBenchResult run(Path scratch) {
    progress.accept("loading " + settings.what());
    EngineSettings how =
        EngineSettings.of(settings.model().orElse(scratch.resolve("none")))
            .withDtype(settings.dtype())
            .withLimits(settings.answers(), 0, settings.answers(), 1);
    ModelLoader loader = new ModelLoader(settings.dtype(), Device.CPU);
    LoraSettings lora = LoraSettings.defaults();
    Transformer model =
        (settings.model().isPresent()
                ? loader.lora(settings.model().get(), lora, BenchModel.SEED)
                : loader.patterned(what.config(), Optional.of(lora), BenchModel.SEED))
            .transformer();
    Transformer served =
        (settings.model().isPresent()
                ? loader.load(settings.model().get())
                : loader.patterned(what.config(), BenchModel.SEED))
            .transformer();
    ModelLanguage language = what.language(scratch);
    StepLayout layout =
        StepLayout.recomputing(model.shape().vocabulary()).keeping(model.blocks().size());
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model), layout);
    RolloutSteps steps = steps(model, language, step);
    Map<String, Tensor> trained = Trainables.of(model);
    Gradients gradients = new Gradients(trained);
    Optimizer optimizer =
        Optimizers.create(TrainSettings.defaults(), trained, model.parameters().device());
    StepHeap.prepare(model, steps.longest(1).batches().get(0));
    try (Engine engine = Engines.over(served, loader, language, how)) {
      engine.loadAdapter(
          ADAPTER,
          RandomAdapter.write(scratch.resolve(ADAPTER), what.config(), lora, settings.what(), 1));
      for (int round = 0; round <= settings.rounds(); round++) {
        double alone = write(engine, round);
        Kernels.releaseThreads(); // the engine's would take this thread's their turn
        StepData data = steps.step(round, () -> false).orElseThrow();
        double update = update(step, data, gradients, optimizer);
        if (round > 0) {
          took(data.objective().figures(), alone, update);
        }
        progress.accept(String.format(Locale.ROOT, "round %d/%d", round, settings.rounds()));
      }
    }
    return new RolloutBenchResult(
        settings,
        median("engine"),
        median("sample_seconds"),
        median("logps_seconds"),
        median("reference_seconds"),
        median("update"),
        difference);
  }

  private RolloutSteps steps(Transformer model, ModelLanguage language, BlockwiseStep step) {
    int row = settings.prompt() + settings.answer();
    PolicyPlan plan =
        new PolicyPlan(
            settings.prompts(),
            settings.generations(),
            1,
            1,
            settings.rounds() + 1,
            settings.answer(),
            endless,
            new ClippedLoss(),
            new PolicySettings(
                0.2, 0.2, Double.POSITIVE_INFINITY, 0, Level.TOKEN, Mean.TOKENS, settings.answer()),
            new Credit.Groups(Scale.GROUP),
            new KlWeight(0.01, Optional.empty()),
            false,
            Optional.empty(),
            0,
            false,
            row,
            MICRO_BATCH,
            BenchModel.SEED);
    return new RolloutSteps(
        plan,
        prompts.stream().map(ids -> new Prompt(ids, "", Map.of())).toList(),
        List.of(),
        new TextSampler(model, language, settings.answers(), Long.MAX_VALUE),
        new RolloutSteps.Policy(
            step, Optional.of(new Snapshot(Trainables.of(model))), Optional.empty()),
        new RewardSum(
            List.of(
                new RewardSum.Part(
                    "sine",
                    1,
                    all -> IntStream.range(0, all.size()).mapToDouble(Math::sin).toArray()))),
        new Collator(0, ROW_STEP),
        (iteration, completions, rewards) -> {});
  }

  private static double update(
      BlockwiseStep step, StepData data, Gradients gradients, Optimizer optimizer) {
    long from = System.nanoTime();
    double scale = 1 / data.weight();
    for (Batch batch : data.batches()) {
      step.forwardBackward(batch, data.objective(), scale, BenchModel.SEED);
    }
    gradients.clip(gradients.norm(), 1);
    optimizer.step(LEARNING_RATE);
    gradients.clear();
    return (System.nanoTime() - from) / 1e9;
  }

  private void took(Map<String, Double> figures, double alone, double update) {
    for (String part : List.of("sample_seconds", "logps_seconds", "reference_seconds")) {
      took(part, Objects.requireNonNull(figures.get(part)));
    }
    took("engine", alone);
    took("update", update);
    difference = Math.max(difference, Objects.requireNonNull(figures.get("sampler_difference")));
  }

  private void took(String part, double time) {
    seconds.computeIfAbsent(part, p -> new ArrayList<>()).add(time);
  }

  private double median(String part) {
    return BenchModel.median(Objects.requireNonNull(seconds.get(part)));
  }

  /** Seconds in which the engine answers the same prompts as often. */
  private double write(Engine engine, int round) {
    long from = System.nanoTime();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < settings.answers(); i++) {
      GenerateSettings how =
          new GenerateSettings(
              settings.answer(), endless, List.of(), Seeds.mix(BenchModel.SEED, round, i), false);
      CompletableFuture<Void> done = new CompletableFuture<>();
      all.add(done);
      engine.submit(
          new EngineRequest(
              prompts.get(i / settings.generations()),
              how,
              Optional.of(ADAPTER),
              0,
              Optional.empty()),
          new Waiting(done));
    }
    all.forEach(CompletableFuture::join);
    return (System.nanoTime() - from) / 1e9;
  }

  private record Waiting(CompletableFuture<Void> done) implements EngineListener {
    @Override
    public void token(ScoredToken token, String text) {
      // Only the end counts.
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
