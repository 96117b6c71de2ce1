package dev.luthier.recipe.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.Batch;
import dev.luthier.format.HfFolder;
import dev.luthier.format.ModelWeights;
import dev.luthier.measure.Disk;
import dev.luthier.measure.ForwardBackward;
import dev.luthier.measure.MatrixPeak;
import dev.luthier.measure.OrdinaryStep;
import dev.luthier.measure.StepFlops;
import dev.luthier.measure.StepTimer;
import dev.luthier.model.LlamaConfig;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.recipe.SftSettings;
import dev.luthier.tensor.Memory;
import dev.luthier.train.MemoryCount;
import dev.luthier.train.MemoryPlan;
import dev.luthier.train.StepHeap;
import dev.luthier.train.StepLayout;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Times training steps and says how close they come to what the machine's matrix products reach.
 * That peak is taken before the steps and after each of them, in the same process.
 */
public final class StepBench {
  private static final long SEED = 42;

  private final StepBenchSettings settings;
  private final Consumer<String> progress;
  private final ObjectNode json;
  private final LlamaConfig config;
  private final MatrixPeak peak;

  private StepBench(StepBenchSettings settings, Consumer<String> progress) {
    this.settings = settings;
    this.progress = progress;
    this.json =
        settings
            .shape()
            .map(PublishedShape::config)
            .orElseGet(() -> HfFolder.config(settings.model().orElseThrow()));
    requireLlama(json, settings.what());
    this.config = LlamaConfig.of(json, settings.what());
    this.peak =
        new MatrixPeak(
            settings.dtype(),
            settings.device(),
            settings.tokens(),
            config.hiddenSize(),
            config.intermediateSize());
  }

  private static void requireLlama(ObjectNode json, String what) {
    String type = json.path("model_type").asText();
    if (!type.equals("llama")) {
      throw new LuthierException(
          what
              + " is of type '"
              + type
              + "'; the arithmetic of a step is counted for 'llama' only. Give a Llama of about its"
              + " size as --model or --shape; luthier plan says what memory this one takes.");
    }
  }

  /**
   * Measures.
   *
   * @param progress is told, a line at a time, what happens
   */
  public static StepBenchResult run(StepBenchSettings settings, Consumer<String> progress) {
    return new StepBench(settings, progress).run();
  }

  private StepBenchResult run() {
    settings.device().check();
    MemoryPlan plan = plan();
    settings.budget().ifPresent(plan::require);
    progress.accept("measuring matrix products");
    peak.measure();
    OptionalDouble diskSpeed = diskSpeed();
    Memory.resetPeak();
    progress.accept("loading " + settings.what());
    Transformer model = model();
    Batch batch = StepTimer.batch(settings.rows(), settings.length(), config.vocabSize(), SEED);
    StepHeap.prepare(model, batch);
    StepTimer timer = new StepTimer(model, batch);
    Timing ours = time("step", timer, ForwardBackward.blockwise(model, layout()));
    Optional<Timing> baseline = Optional.empty();
    if (settings.baseline()) {
      baseline = Optional.of(time("baseline", timer, ordinary(model)));
    }
    return new StepBenchResult(
        settings,
        Trainables.count(model),
        flops(batch),
        plan,
        peak.best(),
        diskSpeed,
        ours,
        baseline);
  }

  private OptionalDouble diskSpeed() {
    if (!settings.stream()) {
      return OptionalDouble.empty();
    }
    progress.accept("measuring the disk");
    return Disk.speed(ModelWeights.open(settings.model().orElseThrow()).get(0).path());
  }

  private Optional<LoraSettings> lora() {
    return settings.method() == SftSettings.Method.FULL
        ? Optional.empty()
        : Optional.of(LoraSettings.defaults());
  }

  private Optional<QuantSettings> quant() {
    return settings.method() == SftSettings.Method.QLORA
        ? Optional.of(QuantSettings.defaults())
        : Optional.empty();
  }

  private MemoryPlan plan() {
    Workload job =
        new Workload(
            Outline.of(json, settings.what(), lora()),
            lora(),
            quant(),
            TrainSettings.defaults(),
            settings.dtype(),
            settings.length(),
            0);
    return new MemoryCount(job, settings.stream()).plan(settings.rows(), 1, layout());
  }

  private StepLayout layout() {
    return StepLayout.recomputing(config.vocabSize())
        .keeping(settings.recompute() ? 0 : config.numHiddenLayers());
  }

  private Transformer model() {
    ModelLoader loader =
        new ModelLoader(settings.dtype(), settings.device(), quant(), settings.stream());
    if (settings.model().isEmpty()) {
      return loader.patterned(json, lora(), SEED).transformer();
    }
    return lora()
        .map(adapter -> loader.lora(settings.model().get(), adapter, SEED))
        .orElseGet(() -> loader.full(settings.model().get()))
        .transformer();
  }

  private StepFlops flops(Batch batch) {
    OptionalInt rank = lora().map(l -> OptionalInt.of(l.rank())).orElse(OptionalInt.empty());
    return StepFlops.of(
        config,
        new StepFlops.Step(
            batch.rows(), batch.length(), batch.labelTokens(), rank, settings.recompute()));
  }

  private ForwardBackward ordinary(Transformer model) {
    return new OrdinaryStep(config, model, lora().map(l -> l.alpha() / l.rank()).orElse(0.0));
  }

  /** The timed steps; the first step of all warms up and does not count. */
  private Timing time(String what, StepTimer timer, ForwardBackward pass) {
    timer.step(pass);
    List<StepTimer.Step> steps = new ArrayList<>();
    long peakBytes = 0;
    for (int i = 1; i <= settings.steps(); i++) {
      StepTimer.Step step = timer.step(pass);
      steps.add(step);
      peakBytes = Math.max(peakBytes, Memory.peakResident());
      peak.measure();
      // The operands of these products are no part of what a step needs.
      Memory.resetPeak();
      progress.accept(
          String.format(
              Locale.ROOT, "%s %d/%d  %.3f s", what, i, settings.steps(), step.seconds()));
    }
    return new Timing(settings.tokens(), List.copyOf(steps), peakBytes);
  }
}
