package dev.luthier.recipe;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.data.Batch;
import dev.luthier.data.PromptLabels;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.HubOrigin;
import dev.luthier.format.ModelCard;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Objective;
import dev.luthier.train.Snapshot;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.StepSource;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.Trainer;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.WeightSource;
import dev.luthier.train.preference.AgreeingSteps;
import dev.luthier.train.preference.Mismatched;
import dev.luthier.train.preference.PairObjective;
import dev.luthier.train.preference.PairObjective.Mix;
import dev.luthier.train.preference.PairObjective.Totals;
import dev.luthier.train.preference.PreferenceSteps;
import dev.luthier.train.preference.Reference;
import dev.luthier.train.preference.StoredReference;
import dev.luthier.train.preference.UnpairedSteps;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A model learns which answers are preferred: DPO, KTO, ORPO, SimPO, CPO. */
public final class PreferenceRun {
  /** The reference's log-probabilities, in the run's folder. */
  static final String CACHE = "reference.jsonl";

  private final PreferenceMethod method;
  private final PreferenceSettings settings;
  private final TrainListener listener;
  private final BooleanSupplier interrupted;
  private final RunTokens tokens;
  private final GenerationConfig generation;
  private final AnswerInput input;
  private final ReferenceModel reference;
  private final Tuning tuning;
  private final Map<Path, String> folderHashes = new HashMap<>();

  private PreferenceRun(
      PreferenceMethod method,
      PreferenceSettings settings,
      BooleanSupplier interrupted,
      TrainListener listener) {
    this.method = method;
    this.settings = settings;
    this.interrupted = interrupted;
    this.listener = listener;
    this.tokens = RunTokens.of(settings.model(), TokenSettings.none());
    this.generation = GenerationConfig.read(settings.model());
    this.input =
        new AnswerInput(
            settings.model(),
            settings.data(),
            tokens.tokenizer(),
            AnswerInput.Form.ofDecoder(
                method.toString(),
                method.hasPairs(),
                settings.data(),
                tokens,
                batches -> method.learnsPrompts() ? new PromptLabels(batches) : batches));
    this.reference = ReferenceModel.of(method, settings);
    this.tuning = new Tuning(settings);
  }

  /**
   * Runs it.
   *
   * @param resume whether to go on from the output's newest checkpoint
   * @param interrupted asked between micro-batches
   */
  public static RunResult run(
      PreferenceMethod method,
      PreferenceSettings settings,
      boolean resume,
      BooleanSupplier interrupted,
      TrainListener listener) {
    RunFolder.checkUnused(settings.output(), resume);
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", settings.model());
    settings.adapter().ifPresent(a -> inputs.put("adapter", a));
    inputs.put("data", settings.data().train().orElseThrow());
    settings.data().eval().ifPresent(file -> inputs.put("eval", file));
    method.own(settings.loss()).forEach(code -> inputs.put("loss " + code, code.file()));
    RunFolder.checkInputs(settings.output(), resume, inputs);
    HfFolder.model(settings.model());
    return new PreferenceRun(method, settings, interrupted, listener).run(resume);
  }

  private RunResult run(boolean resume) {
    Training.threads(settings.threads());
    Path output = settings.output();
    ZonedDateTime started = RunFolder.started(output, resume);
    Clock clock = Clock.fixed(started.toInstant(), started.getZone());
    Optional<Mix> mix = mix();
    SftData data = input.train(clock);
    DataMessages.describe(data.report(), listener);
    Optional<SftData> eval = input.eval(clock);
    SettingChecks.evaluated(settings.eval(), eval.isPresent());
    Transformer outline = tuning.outline();
    StepPlanner.Plan plan = plan(outline, data, eval);
    TrainSettings train =
        settings.train().microBatches(plan.microBatchSize(), plan.gradientAccumulation());
    Map<String, String> hashes = hashes(data, eval);
    tuning.checkBase(Objects.requireNonNull(hashes.get("model")));
    Map<String, Object> identity =
        Training.identity(method.toString(), settings, train, settings.memory(), hashes);
    identity.put("started", started.toString());
    RunFolder folder = RunFolder.open(output, resume, identity);
    if (folder.finished()) {
      return new RunResult(Trainer.End.FINISHED, output, RunFolder.plainResults(folder));
    }
    describe(hashes);
    folder.begin();
    RefusedFile.write(output, data.report().refused(), listener);
    folder.planned(plan);
    Training.describe(plan, outline.blocks().size(), listener);
    Rows rows = new Rows(data.rows(), eval.map(SftData::rows), train);
    Optional<StoredReference> stored = stored(hashes);
    if (reference.kind() == ReferenceModel.Kind.OTHER && !computedByOther(stored, rows)) {
      return new RunResult(Trainer.End.INTERRUPTED, output, Map.of("steps", 0));
    }
    LoadedModel model = tuning.load(plan.stream());
    Transformer policy = model.transformer();
    Trainables.require(policy);
    listener.message(
        String.format(Locale.ROOT, "training %,d parameters", Trainables.count(policy)));
    BlockwiseStep step = new BlockwiseStep(policy, WeightSource.of(policy), plan.layout());
    if (reference.kind() == ReferenceModel.Kind.START
        && stored.isPresent()
        && !computed(stored.get(), Reference.of(step), rows)) {
      return new RunResult(Trainer.End.INTERRUPTED, output, Map.of("steps", 0));
    }
    TrainFiles files = tuning.files(model, hashes);
    Trainer.Job job =
        Training.job(settings, train, plan, policy, steps(rows, step, policy, stored, mix));
    return Training.run(
        folder,
        output,
        job,
        files,
        interrupted,
        new Listeners(listener, new PreferenceWatch(listener)),
        (target, results) -> {
          tokens.writeResult(
              target, files, settings.data().template(), generation, data.report().turnEnds());
          writeCard(target, data, hashes, results);
        });
  }

  /** What a run's steps are made of. */
  private final class Rows {
    private final TrainingRows data;
    private final Optional<TrainingRows> eval;
    private final TrainSettings train;

    Rows(TrainingRows data, Optional<TrainingRows> eval, TrainSettings train) {
      this.data = data;
      this.eval = eval;
      this.train = train;
    }

    StepSource answers() {
      return StepSource.of(data, eval, Objective.crossEntropy(), train, settings.eval());
    }

    StepSource mismatched() {
      return StepSource.of(
          mismatched(data),
          eval.map(this::mismatched),
          Objective.crossEntropy(),
          train,
          settings.eval());
    }

    private TrainingRows mismatched(TrainingRows of) {
      return Mismatched.of(of, settings.data().maxLength());
    }

    /** All that a reference may be asked for. */
    List<List<Batch>> all() {
      List<TrainingRows> parts = new ArrayList<>(List.of(data));
      eval.ifPresent(parts::add);
      if (!method.hasPairs()) {
        parts.add(mismatched(data));
        eval.map(this::mismatched).ifPresent(parts::add);
      }
      return parts.stream().map(part -> part.batches(train.microBatchSize(), 0)).toList();
    }

    int longest() {
      int longest = Training.longest(data);
      if (!method.hasPairs()) {
        longest = Math.max(longest, Training.longest(mismatched(data)));
      }
      return Math.max(longest, eval.map(Training::longest).orElse(0));
    }
  }

  /** What is minimised over pairs; empty of single answers. */
  private Optional<Mix> mix() {
    if (!method.hasPairs()) {
      method.unpaired(settings.loss());
      return Optional.empty();
    }
    boolean held = reference.kind() != ReferenceModel.Kind.NONE;
    return Optional.of(method.mix(settings.loss(), held, listener::message));
  }

  private StepPlanner.Plan plan(Transformer outline, SftData data, Optional<SftData> eval) {
    int length = new Rows(data.rows(), eval.map(SftData::rows), settings.train()).longest();
    long bytes = data.bytes() + eval.map(SftData::bytes).orElse(0L);
    long kept =
        reference.kind() == ReferenceModel.Kind.START && !precomputes()
            ? Snapshot.bytes(Trainables.of(outline))
            : 0;
    return tuning.plan(outline, length, bytes + kept);
  }

  private boolean precomputes() {
    return settings.reference().precompute()
        || reference.kind() == ReferenceModel.Kind.OTHER
        || settings.method() == SftSettings.Method.FULL;
  }

  private Optional<StoredReference> stored(Map<String, String> hashes) {
    if (reference.kind() == ReferenceModel.Kind.NONE || !precomputes()) {
      return Optional.empty();
    }
    Path file = settings.reference().cache().orElseGet(() -> settings.output().resolve(CACHE));
    String identity =
        hashes.get("reference")
            + ", "
            + settings.train().dtype()
            + tuning.quant().map(q -> ", " + q.words()).orElse("");
    return Optional.of(new StoredReference(file, identity));
  }

  private boolean computedByOther(Optional<StoredReference> stored, Rows rows) {
    StoredReference file = stored.orElseThrow();
    if (rows.all().stream().allMatch(file::has)) {
      return true;
    }
    Transformer model =
        tuning
            .loader(false)
            .load(reference.model().orElseThrow(), reference.adapter())
            .transformer();
    return computed(file, Reference.of(new BlockwiseStep(model, WeightSource.of(model))), rows);
  }

  /** False if it was interrupted. */
  private boolean computed(StoredReference stored, Reference by, Rows rows) {
    List<List<Batch>> all = rows.all();
    if (all.stream().allMatch(stored::has)) {
      return true;
    }
    int batches = all.stream().mapToInt(List::size).sum();
    listener.message("reference: computing its log-probabilities of " + batches + " batches");
    for (List<Batch> part : all) {
      if (!stored.complete(part, by, interrupted, done -> {})) {
        return false;
      }
    }
    return true;
  }

  private StepSource steps(
      Rows rows,
      BlockwiseStep step,
      Transformer policy,
      Optional<StoredReference> stored,
      Optional<Mix> mix) {
    Reference held =
        switch (reference.kind()) {
          case NONE -> Reference.NONE;
          case START ->
              stored
                  .<Reference>map(r -> r)
                  .orElseGet(() -> Reference.of(step, new Snapshot(Trainables.of(policy))));
          case OTHER -> stored.orElseThrow();
        };
    StepSource steps;
    if (mix.isPresent()) {
      steps =
          new PreferenceSteps(
              rows.answers(), held, batches -> new PairObjective(mix.get(), Totals.of(batches)));
    } else {
      steps =
          new UnpairedSteps(
              rows.answers(), rows.mismatched(), step, held, method.unpaired(settings.loss()));
    }
    boolean exact = settings.train().dtype() == ComputeDtype.FLOAT32;
    return reference.kind() == ReferenceModel.Kind.START
        ? new AgreeingSteps(steps, exact ? 1e-4 : 2e-2)
        : steps;
  }

  private Map<String, String> hashes(SftData data, Optional<SftData> eval) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("model", folderHashes.computeIfAbsent(settings.model(), Hashes::folder));
    settings
        .adapter()
        .ifPresent(a -> out.put("adapter", folderHashes.computeIfAbsent(a, Hashes::folder)));
    out.put("data", data.hash());
    eval.ifPresent(e -> out.put("eval", e.hash()));
    method.own(settings.loss()).forEach(code -> out.put("loss " + code, code.hash()));
    if (reference.kind() != ReferenceModel.Kind.NONE) {
      out.put("reference", reference.hash(folderHashes));
    }
    return out;
  }

  private void describe(Map<String, String> hashes) {
    listener.message(
        "loss: "
            + String.join(
                " + ",
                method.losses(settings.loss()).entrySet().stream()
                    .map(e -> (e.getValue() == 1 ? "" : e.getValue() + " ") + e.getKey())
                    .sorted()
                    .toList())
            + ", beta "
            + method.beta(settings.loss()));
    String words =
        switch (reference.kind()) {
          case NONE -> "none";
          case START -> reference.words() + ", the weights that training begins from";
          case OTHER -> reference.words();
        };
    String hash = hashes.get("reference");
    listener.message("reference: " + words + (hash == null ? "" : " (SHA-256 " + hash + ")"));
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
            .fact("Settings", "loss", method.losses(settings.loss()))
            .fact("Settings", "beta", method.beta(settings.loss()))
            .fact("Settings", "reference", reference.words())
            .settings("loss", settings.loss())
            .settings("train", settings.train());
    settings.adapter().ifPresent(a -> card.fact("Base", "adapter", HubOrigin.publicName(a)));
    if (!full && settings.adapter().isEmpty()) {
      card.settings("lora", settings.lora());
    }
    tuning.quant().ifPresent(q -> card.fact("Settings", "quant", q.words()));
    card.results(target, results)
        .write(
            target,
            full ? ModelCard.Kind.FINETUNE : ModelCard.Kind.ADAPTER,
            ModelFiles.use(settings.model()),
            Optional.of(settings.model()),
            settings.data().train().stream().toList(),
            full
                ? List.of(method.toString())
                : List.of(method.toString(), settings.method().toString()));
  }
}
