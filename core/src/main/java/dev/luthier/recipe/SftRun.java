package dev.luthier.recipe;

import dev.luthier.UsageException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.DataReport;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.ModelCard;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.Objective;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.Trainer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Supervised fine-tuning: rows to tokens and labels, a model with or without adapters, the loop,
 * the result.
 */
public final class SftRun {
  private final SftSettings settings;
  private final TrainListener listener;
  private final RunTokens tokens;
  private final Tokenizer tokenizer;
  private final GenerationConfig generation;
  private final SftInput input;

  private SftRun(SftSettings asked, TrainListener listener) {
    checkTask(asked.model());
    this.listener = listener;
    this.tokens = RunTokens.of(asked.model(), asked.tokens());
    this.tokenizer = tokens.tokenizer();
    this.generation = GenerationConfig.read(asked.model());
    this.input = new SftInput(asked, tokenizer, generation);
    this.settings = input.settings();
  }

  /**
   * Runs it.
   *
   * @param resume whether to go on from the output's newest checkpoint
   * @param interrupted asked between micro-batches
   */
  public static RunResult run(
      SftSettings settings, boolean resume, BooleanSupplier interrupted, TrainListener listener) {
    RunFolder.checkUnused(settings.output(), resume);
    RunFolder.checkInputs(settings.output(), resume, inputs(settings));
    HfFolder.model(settings.model());
    ServeTargets.require(settings);
    return new SftRun(settings, listener).run(resume, interrupted);
  }

  /** What gives labels learns from other rows. */
  private static void checkTask(Path model) {
    ModelCard.Use use = ModelFiles.use(model);
    if (use == ModelCard.Use.SEQUENCE || use == ModelCard.Use.TOKENS) {
      throw new UsageException(
          model
              + " gives labels and has no head that predicts tokens: train it further with luthier"
              + " train-classifier. See docs/train-classifier.md");
    }
  }

  /** The memory of the run, from its data and the model's configuration alone. */
  static SftPlan plan(SftSettings settings) {
    HfFolder.model(settings.model());
    SftRun run = new SftRun(settings, new TrainListener() {});
    Clock clock = Clock.systemDefaultZone();
    return SftPlan.of(run.settings, run.tokens, run.input.train(clock), run.input.eval(clock));
  }

  private static Map<String, Path> inputs(SftSettings settings) {
    Map<String, Path> out = new LinkedHashMap<>();
    out.put("model", settings.model());
    out.put("data", settings.data().train().orElseThrow());
    settings.data().eval().ifPresent(file -> out.put("eval", file));
    settings.objective().ifPresent(o -> out.put("objective", UserCode.of(o).file()));
    return out;
  }

  private RunResult run(boolean resume, BooleanSupplier interrupted) {
    Training.threads(settings.threads());
    Path output = settings.output();
    ZonedDateTime started = RunFolder.started(output, resume);
    Clock clock = Clock.fixed(started.toInstant(), started.getZone());
    Objective objective = OwnLosses.tokens(settings.objective(), listener::message);
    SftData data = input.train(clock);
    tokens.describe(listener);
    DataMessages.describe(data.report(), listener);
    Optional<SftData> eval = input.eval(clock);
    StepPlanner.Plan plan = SftPlan.of(settings, tokens, data, eval).plan();
    TrainSettings train =
        settings.train().microBatches(plan.microBatchSize(), plan.gradientAccumulation());
    Map<String, String> hashes = hashes(data, eval);
    Map<String, Object> identity =
        Training.identity("sft", settings, train, settings.memory(), hashes);
    identity.put("started", started.toString());
    RunFolder folder = RunFolder.open(output, resume, identity);
    if (folder.finished()) {
      return new RunResult(Trainer.End.FINISHED, output, RunFolder.plainResults(folder));
    }
    LoadedModel model = model(plan.stream());
    Trainables.require(model.transformer());
    warnUnmatched(model);
    folder.begin();
    RefusedFile.write(output, data.report().refused(), listener);
    folder.planned(plan);
    Training.describe(plan, model.transformer().blocks().size(), listener);
    listener.message(
        String.format(
            Locale.ROOT, "training %,d parameters", Trainables.count(model.transformer())));
    TrainFiles files =
        settings.method() == SftSettings.Method.FULL
            ? TrainFiles.model(model)
            : Training.adapterFiles(
                model, settings.model(), hashes, settings.train().dtype(), SftPlan.quant(settings));
    warnBeyondContext(data, model.transformer().shape().maxPositions());
    Trainer.Job job =
        Training.job(
            settings,
            train,
            plan,
            model.transformer(),
            StepSource.of(data.rows(), eval.map(SftData::rows), objective, train, settings.eval()));
    return Training.run(
        folder,
        output,
        job,
        files,
        interrupted,
        listener,
        (target, results) -> {
          tokens.writeResult(
              target, files, settings.data().template(), generation, data.report().turnEnds());
          writeCard(target, data.report(), hashes, results);
          ServeTargets.describe(settings, target, listener);
        });
  }

  /** PEFT lets a misspelt target pass when another one matches; so do we, but not in silence. */
  private void warnUnmatched(LoadedModel model) {
    if (model.lora().isEmpty()) {
      return;
    }
    Set<String> adapted = model.transformer().adapted().keySet();
    for (String name : model.lora().get().targets().names()) {
      if (adapted.stream().noneMatch(p -> p.equals(name) || p.endsWith("." + name))) {
        listener.message("warning: lora.targets: '" + name + "' matches no linear layer");
      }
    }
  }

  /** Rotary positions go on past the context, but the model has never seen them. */
  private void warnBeyondContext(SftData data, int context) {
    long longer = data.longerThan(context);
    if (longer > 0) {
      listener.message(
          String.format(
              Locale.ROOT,
              "warning: %,d sequences are longer than the %,d positions that the model was made for;"
                  + " --set data.maxLength=%d stays within",
              longer,
              context,
              context));
    }
  }

  private Map<String, String> hashes(SftData data, Optional<SftData> eval) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("model", Hashes.folder(settings.model()));
    out.put("data", data.hash());
    eval.ifPresent(e -> out.put("eval", e.hash()));
    settings.objective().ifPresent(o -> out.put("objective", UserCode.of(o).hash()));
    return out;
  }

  private LoadedModel model(boolean stream) {
    ModelLoader loader =
        new ModelLoader(
                settings.train().dtype(),
                new Device(settings.device()).check(),
                SftPlan.quant(settings),
                stream)
            .withNew(tokens.ids());
    return switch (settings.method()) {
      case FULL -> loader.full(settings.model());
      case LORA, QLORA ->
          loader.lora(settings.model(), tokens.over(settings.lora()), settings.train().seed());
    };
  }

  private void writeCard(
      Path target, DataReport report, Map<String, String> hashes, Map<String, Object> results) {
    boolean full = settings.method() == SftSettings.Method.FULL;
    RunCard card =
        new RunCard()
            .base(settings.model(), Objects.requireNonNull(hashes.get("model")))
            .data(report, Objects.requireNonNull(hashes.get("data")))
            .fact("Settings", "method", settings.method())
            .fact("Settings", "learning rate", settings.learningRate())
            .settings("train", settings.train());
    if (!full) {
      card.fact("Settings", "lora.rank", settings.lora().rank())
          .fact("Settings", "lora.alpha", settings.lora().alpha())
          .settings("lora", settings.lora());
    }
    SftPlan.quant(settings).ifPresent(q -> card.fact("Settings", "quant", q.words()));
    settings.objective().ifPresent(o -> card.fact("Settings", "objective", o));
    card.results(target, results)
        .write(
            target,
            full ? ModelCard.Kind.FINETUNE : ModelCard.Kind.ADAPTER,
            ModelFiles.use(settings.model()),
            Optional.of(settings.model()),
            settings.data().train().stream().toList(),
            full ? List.of("sft") : List.of("sft", settings.method().toString()));
  }
}
