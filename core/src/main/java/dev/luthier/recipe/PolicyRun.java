package dev.luthier.recipe;

import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.data.Collator;
import dev.luthier.format.DType;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.ModelCard;
import dev.luthier.generate.GenerateDefaults;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.model.Transformer;
import dev.luthier.serve.TextSampler;
import dev.luthier.tensor.Memory;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.EvalSettings;
import dev.luthier.train.Snapshot;
import dev.luthier.train.StepLayout;
import dev.luthier.train.StepPlanner;
import dev.luthier.train.TrainFiles;
import dev.luthier.train.TrainListener;
import dev.luthier.train.TrainSettings;
import dev.luthier.train.Trainables;
import dev.luthier.train.Trainer;
import dev.luthier.train.ValueHead;
import dev.luthier.train.WeightSource;
import dev.luthier.train.policy.ClippedLoss;
import dev.luthier.train.policy.PolicyLoss;
import dev.luthier.train.policy.PolicyPlan;
import dev.luthier.train.policy.PolicySettings;
import dev.luthier.train.policy.RewardSum;
import dev.luthier.train.policy.RolloutSteps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A model learns from rewards for its own answers: GRPO, RLOO, PPO. */
public final class PolicyRun {
  private final PolicyAlgorithm algorithm;
  private final PolicyRunSettings settings;
  private final TrainListener listener;
  private final BooleanSupplier interrupted;
  private final RunTokens tokens;
  private final GenerationConfig generation;
  private final Tuning tuning;
  private final RewardSources rewards;

  private PolicyRun(
      PolicyAlgorithm algorithm,
      PolicyRunSettings settings,
      BooleanSupplier interrupted,
      TrainListener listener) {
    this.algorithm = algorithm;
    this.settings = settings;
    this.interrupted = interrupted;
    this.listener = listener;
    this.tokens = RunTokens.of(settings.model(), TokenSettings.none());
    this.generation = GenerationConfig.read(settings.model());
    this.tuning = new Tuning(settings);
    this.rewards = new RewardSources(settings.reward(), settings, tuning);
  }

  /**
   * Runs it.
   *
   * @param resume whether to go on from the output's newest checkpoint
   * @param interrupted asked between passes of the model
   */
  public static RunResult run(
      PolicyAlgorithm algorithm,
      PolicyRunSettings settings,
      boolean resume,
      BooleanSupplier interrupted,
      TrainListener listener) {
    algorithm.check(settings.rollout(), settings.loss());
    RunFolder.checkUnused(settings.output(), resume);
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", settings.model());
    settings.adapter().ifPresent(a -> inputs.put("adapter", a));
    inputs.put("data", settings.data().train().orElseThrow());
    settings.data().eval().ifPresent(file -> inputs.put("eval", file));
    settings.loss().function().ifPresent(f -> inputs.put("loss", UserCode.of(f).file()));
    inputs.putAll(RewardSources.files(settings.reward()));
    RunFolder.checkInputs(settings.output(), resume, inputs);
    HfFolder.model(settings.model());
    RewardSources.require(settings.reward());
    settings.loss().function().ifPresent(f -> UserCode.of(f).require("--loss"));
    return new PolicyRun(algorithm, settings, interrupted, listener).run(resume);
  }

  private RunResult run(boolean resume) {
    Training.threads(settings.threads());
    Path output = settings.output();
    ZonedDateTime started = RunFolder.started(output, resume);
    Clock clock = Clock.fixed(started.toInstant(), started.getZone());
    int room = settings.data().maxLength() - settings.rollout().maxNewTokens();
    Path data = settings.data().train().orElseThrow();
    PromptInput prompts = PromptInput.train(settings.data(), tokens, room, clock);
    Optional<PromptInput> held = PromptInput.eval(settings.data(), tokens, room, clock);
    SettingChecks.evaluated(settings.eval(), held.isPresent());
    listener.message(
        String.format(
            Locale.ROOT,
            "data: %,d prompts%s%s",
            prompts.prompts().size(),
            prompts.refused().isEmpty() ? "" : ", " + prompts.refused().size() + " rows refused",
            held.map(h -> "; " + h.prompts().size() + " to evaluate on").orElse("")));
    Transformer outline = tuning.outline();
    TrainSettings asked = settings.train().microBatches(settings.train().microBatchSize(), 1);
    long kept = (needsReference() ? Snapshot.bytes(Trainables.of(outline)) : 0) + rewards.bytes();
    StepPlanner.Plan plan =
        tuning.plan(
            asked, outline, settings.data().maxLength(), Training.rowBytes(List.of(data)) + kept);
    TrainSettings train = asked.microBatches(plan.microBatchSize(), plan.gradientAccumulation());
    Map<String, String> hashes = hashes(prompts, held);
    tuning.checkBase(Objects.requireNonNull(hashes.get("model")));
    Map<String, Object> identity =
        Training.identity(algorithm.toString(), settings, train, settings.memory(), hashes);
    identity.put("started", started.toString());
    RunFolder folder = RunFolder.open(output, resume, identity);
    if (folder.finished()) {
      return new RunResult(Trainer.End.FINISHED, output, RunFolder.plainResults(folder));
    }
    RewardSum reward = rewards.load();
    LoadedModel model = tuning.load(plan.stream());
    Transformer policy = model.transformer();
    Trainables.require(policy);
    folder.begin();
    RefusedFile.write(output, prompts.refused(), listener);
    folder.planned(plan);
    Training.describe(plan, outline.blocks().size(), listener);
    listener.message(
        String.format(Locale.ROOT, "training %,d parameters", Trainables.count(policy)));
    describe(hashes);
    // An update has as many micro-batches as its answers take, which were not planned together.
    StepLayout layout = plan.layout().byBlock(false);
    PolicyPlan how = plan(prompts.prompts().size(), train);
    Optional<ValueHead> values = how.values().map(v -> valueHead(policy));
    RolloutSteps steps =
        new RolloutSteps(
            how,
            prompts.prompts(),
            held.map(PromptInput::prompts).orElse(List.of()),
            new TextSampler(
                policy,
                language(clock),
                settings.rollout().together(),
                StepPlanner.between(plan.memory(), settings.memory(), Memory.total())),
            new RolloutSteps.Policy(
                new BlockwiseStep(policy, WeightSource.of(policy), layout, values),
                needsReference()
                    ? Optional.of(new Snapshot(Trainables.of(policy)))
                    : Optional.empty(),
                values),
            reward,
            new Collator(pad(), Training.LENGTH_STEP),
            new RolloutLog(output, settings.rollout().logged(), listener));
    TrainFiles files = new WithRollouts(tuning.files(model, hashes), steps);
    Trainer.Job job =
        new Trainer.Job(
            policy,
            steps,
            train,
            settings.learningRate(),
            byReward(settings.eval()),
            settings.checkpoint(),
            layout,
            settings.memory().bytes());
    return Training.run(
        folder,
        output,
        job,
        files,
        interrupted,
        listener,
        (target, results) -> {
          tokens.writeResult(
              target, files, settings.data().template(), generation, java.util.Set.of());
          writeCard(target, hashes, results);
        });
  }

  private int pad() {
    Tokenizer tokenizer = tokens.tokenizer();
    return tokenizer.padId().orElse(tokenizer.eosId().orElse(0));
  }

  /** A policy's loss says nothing about how good it is. */
  private static EvalSettings byReward(EvalSettings eval) {
    return eval.metric().equals("loss")
        ? new EvalSettings(
            eval.everySteps(), eval.patience(), eval.minDelta(), eval.maxRows(), "reward")
        : eval;
  }

  private void describe(Map<String, String> hashes) {
    rewards.words(hashes).forEach(listener::message);
    if (needsReference()) {
      String begun = settings.adapter().map(a -> a + " over ").orElse("") + settings.model();
      String hash =
          hashes.get("model") + (hashes.containsKey("adapter") ? "+" + hashes.get("adapter") : "");
      listener.message(
          "reference: " + begun + ", the weights that training begins from (SHA-256 " + hash + ")");
    }
  }

  private boolean needsReference() {
    return algorithm.beta(settings.loss()).start() > 0;
  }

  /** A new one, or that of the run which the adapter came of. */
  private ValueHead valueHead(Transformer policy) {
    ValueHead head = new ValueHead(policy);
    settings
        .adapter()
        .filter(a -> Files.exists(a.resolve(ValueHead.FILE)))
        .ifPresent(
            a -> {
              head.read(a);
              listener.message("value head: " + a.resolve(ValueHead.FILE));
            });
    return head;
  }

  private PolicyPlan plan(int prompts, TrainSettings train) {
    RolloutSettings r = settings.rollout();
    PolicyLossSettings loss = settings.loss();
    int updates = loss.miniBatches() * algorithm.epochs(loss);
    int iterations =
        train.maxSteps() > 0
            ? Math.max(1, train.maxSteps() / updates)
            : (int) Math.max(1, Math.ceil(train.epochs() * prompts / r.prompts()));
    PolicySettings lossSettings = algorithm.loss(loss, r.maxNewTokens());
    return new PolicyPlan(
        r.prompts(),
        r.generations(),
        loss.miniBatches(),
        algorithm.epochs(loss),
        iterations,
        r.maxNewTokens(),
        SamplingSettings.sampling(r.temperature()).withLimits(r.topK(), r.topP(), 0),
        loss.function()
            .<PolicyLoss>map(f -> OwnLosses.answers(f, lossSettings, listener::message))
            .orElseGet(ClippedLoss::new),
        lossSettings,
        algorithm.credit(loss, settings.value()),
        algorithm.beta(loss),
        algorithm.klInReward(),
        loss.targetKl(),
        settings.reward().eosPenalty(),
        loss.maskTruncated(),
        settings.data().maxLength(),
        train.microBatchSize(),
        train.seed());
  }

  private ModelLanguage language(Clock clock) {
    Tokenizer tokenizer = tokens.tokenizer();
    Optional<ChatEncoder> chat =
        ChatTemplates.encoder(tokenizer, settings.data().template(), clock);
    return new ModelLanguage(
        tokenizer,
        chat,
        GenerateDefaults.read(settings.model(), settings.adapter(), tokenizer, chat));
  }

  private Map<String, String> hashes(PromptInput prompts, Optional<PromptInput> held) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("model", Hashes.folder(settings.model()));
    settings.adapter().ifPresent(a -> out.put("adapter", Hashes.folder(a)));
    out.put("data", prompts.hash());
    held.ifPresent(h -> out.put("eval", h.hash()));
    settings.loss().function().ifPresent(f -> out.put("loss", UserCode.of(f).hash()));
    out.putAll(rewards.hashes());
    return out;
  }

  /**
   * A checkpoint holds the answers that the next steps learn from.
   *
   * @param weights files of the trained weights
   */
  private record WithRollouts(TrainFiles weights, RolloutSteps steps) implements TrainFiles {
    @Override
    public void writeExact(Path folder) {
      weights.writeExact(folder);
      steps.save(folder);
    }

    @Override
    public void readExact(Path folder) {
      weights.readExact(folder);
      steps.restore(folder);
    }

    @Override
    public void writeResult(Path folder, DType stored) {
      weights.writeResult(folder, stored);
      steps.valueHead().ifPresent(v -> v.write(folder));
    }
  }

  private void writeCard(Path target, Map<String, String> hashes, Map<String, Object> results) {
    boolean full = settings.method() == SftSettings.Method.FULL;
    RunCard card =
        new RunCard()
            .base(settings.model(), Objects.requireNonNull(hashes.get("model")))
            .fact("Data", "version (SHA-256)", Objects.requireNonNull(hashes.get("data")))
            .fact("Settings", "method", settings.method())
            .fact("Settings", "learning rate", settings.learningRate())
            .settings("rollout", settings.rollout())
            .settings("loss", settings.loss())
            .settings("train", settings.train());
    if (algorithm == PolicyAlgorithm.PPO) {
      card.settings("value", settings.value());
    }
    if (results.get("eval_before") instanceof Map<?, ?> before
        && results.get("eval_after") instanceof Map<?, ?> after) {
      card.fact("Results", "reward before", String.valueOf(before.get("reward")))
          .fact("Results", "reward after", String.valueOf(after.get("reward")));
    }
    card.fact("Results", "steps", results.getOrDefault("steps", 0))
        .write(
            target,
            full ? ModelCard.Kind.FINETUNE : ModelCard.Kind.ADAPTER,
            ModelFiles.use(settings.model()),
            Optional.of(settings.model()),
            settings.data().train().stream().toList(),
            full
                ? List.of(algorithm.toString())
                : List.of(algorithm.toString(), settings.method().toString()));
  }
}
