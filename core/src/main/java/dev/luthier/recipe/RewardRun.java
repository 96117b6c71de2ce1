package dev.luthier.recipe;

import dev.luthier.checkpoint.HeadConfig;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.data.DataSettings;
import dev.luthier.eval.reward.RewardInput;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.ModelCard;
import dev.luthier.model.Problem;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.train.Objective;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.Trainer;
import dev.luthier.train.preference.PreferenceSteps;
import dev.luthier.train.preference.Reference;
import dev.luthier.train.preference.RewardLoss;
import dev.luthier.train.preference.RewardObjective;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/** A model learns to score answers, so that chosen ones get more than rejected ones. */
public final class RewardRun {
  private static final String VERB = "reward";

  /** What its one output is called. */
  private static final String LABEL = "reward";

  private final RewardSettings settings;
  private final TrainListener listener;
  private final RunTokens tokens;
  private final Tuning tuning;
  private final AnswerInput input;

  private RewardRun(RewardSettings settings, TrainListener listener) {
    this.settings = settings;
    this.listener = listener;
    this.tokens = RunTokens.of(settings.model(), TokenSettings.none());
    OptionalInt pad =
        tokens.tokenizer().padId().isPresent()
            ? tokens.tokenizer().padId()
            : tokens.tokenizer().eosId();
    this.tuning =
        new Tuning(settings, Optional.of(new HeadConfig(Problem.REGRESSION, List.of(LABEL), pad)));
    RewardInput reward =
        RewardInput.of(tuning.config(), HfFolder.configName(settings.model()), tokens.tokenizer());
    DataSettings data = settings.data();
    this.input =
        new AnswerInput(
            settings.model(),
            data,
            tokens.tokenizer(),
            new AnswerInput.Form(
                VERB,
                true,
                clock -> reward.encoder(data, clock),
                reward.batches(Training.LENGTH_STEP)));
  }

  /**
   * Runs it.
   *
   * @param resume whether to go on from the output's newest checkpoint
   * @param interrupted asked between micro-batches
   */
  public static RunResult run(
      RewardSettings settings,
      boolean resume,
      BooleanSupplier interrupted,
      TrainListener listener) {
    RunFolder.checkUnused(settings.output(), resume);
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", settings.model());
    inputs.put("data", settings.data().train().orElseThrow());
    settings.data().eval().ifPresent(file -> inputs.put("eval", file));
    RunFolder.checkInputs(settings.output(), resume, inputs);
    HfFolder.model(settings.model());
    return new RewardRun(settings, listener).run(resume, interrupted);
  }

  private RunResult run(boolean resume, BooleanSupplier interrupted) {
    Training.threads(settings.threads());
    Path output = settings.output();
    ZonedDateTime started = RunFolder.started(output, resume);
    Clock clock = Clock.fixed(started.toInstant(), started.getZone());
    SftData data = input.train(clock);
    DataMessages.describe(data.report(), listener);
    Optional<SftData> eval = input.eval(clock);
    SettingChecks.evaluated(settings.eval(), eval.isPresent());
    Transformer outline = tuning.outline();
    int length =
        Math.max(
            Training.longest(data.rows()),
            eval.map(SftData::rows).map(Training::longest).orElse(0));
    long bytes = data.bytes() + eval.map(SftData::bytes).orElse(0L);
    StepPlanner.Plan plan = tuning.plan(outline, length, bytes);
    TrainSettings train =
        settings.train().microBatches(plan.microBatchSize(), plan.gradientAccumulation());
    Map<String, String> hashes = new LinkedHashMap<>();
    hashes.put("model", Hashes.folder(settings.model()));
    hashes.put("data", data.hash());
    eval.ifPresent(e -> hashes.put("eval", e.hash()));
    Map<String, Object> identity =
        Training.identity(VERB, settings, train, settings.memory(), hashes);
    identity.put("started", started.toString());
    RunFolder folder = RunFolder.open(output, resume, identity);
    if (folder.finished()) {
      return new RunResult(Trainer.End.FINISHED, output, RunFolder.plainResults(folder));
    }
    LoadedModel model = tuning.load(plan.stream());
    folder.begin();
    RefusedFile.write(output, data.report().refused(), listener);
    folder.planned(plan);
    Training.describe(plan, outline.blocks().size(), listener);
    listener.message(
        String.format(
            Locale.ROOT, "training %,d parameters", Trainables.count(model.transformer())));
    TrainFiles files = tuning.files(model, hashes);
    RewardLoss loss = new RewardLoss(settings.loss().centring());
    StepSource rows =
        StepSource.of(
            data.rows(), eval.map(SftData::rows), Objective.crossEntropy(), train, settings.eval());
    StepSource source =
        new PreferenceSteps(rows, Reference.NONE, batches -> new RewardObjective(loss));
    Trainer.Job job = Training.job(settings, train, plan, model.transformer(), source);
    return Training.run(
        folder,
        output,
        job,
        files,
        interrupted,
        listener,
        (target, results) -> {
          files.writeResult(target, ModelFiles.storedDtype(settings.model()));
          tokens.carry(target);
          ChatTemplates.source(settings.data().template())
              .ifPresent(
                  text -> AtomicFile.writeText(target.resolve(HfFolder.CHAT_TEMPLATE), text));
          writeCard(target, data, hashes, results);
        });
  }

  private void writeCard(
      Path target, SftData data, Map<String, String> hashes, Map<String, Object> results) {
    boolean full = settings.method() == SftSettings.Method.FULL;
    RunCard card =
        new RunCard()
            .base(settings.model(), Objects.requireNonNull(hashes.get("model")))
            .data(data.report(), Objects.requireNonNull(hashes.get("data")))
            .fact("Settings", "method", settings.method())
            .fact("Settings", "learning rate", settings.learningRate())
            .settings("loss", settings.loss())
            .settings("train", settings.train());
    if (!full) {
      card.settings("lora", settings.lora());
    }
    tuning.quant().ifPresent(q -> card.fact("Settings", "quant", q.words()));
    if (results.get("eval_after") instanceof Map<?, ?> after) {
      after.forEach((name, value) -> card.fact("Results", String.valueOf(name), value));
    }
    card.fact("Results", "steps", results.getOrDefault("steps", 0))
        .write(
            target,
            full ? ModelCard.Kind.FINETUNE : ModelCard.Kind.ADAPTER,
            ModelCard.Use.SEQUENCE,
            Optional.of(settings.model()),
            settings.data().train().stream().toList(),
            full ? List.of("reward-model") : List.of("reward-model", settings.method().toString()));
  }
}
