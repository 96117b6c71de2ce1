package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.model.Transformer;
import dev.luthier.optim.Optimizer;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.TrainListener.EvalMetrics;
import dev.luthier.train.TrainListener.StepMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;

/**
 * The training loop. One optimizer step minimises <em>sum of losses / what they weigh in the
 * step</em>, whatever the micro-batches; the losses of label tokens weigh as these do. Nothing
 * random has a state of its own: batches and dropout follow from the seed and the step, so a run
 * that goes on from a checkpoint makes the same updates, bit for bit.
 */
public final class Trainer implements AutoCloseable {
  /**
   * What a run is made of.
   *
   * @param model what is trained
   * @param source what steps learn from, and what is evaluated
   * @param settings of the loop
   * @param peakRate the highest learning rate
   * @param eval when and on how much to evaluate
   * @param checkpoint when to save and how much to keep
   * @param layout what a step keeps, and in which order it runs
   * @param budget bytes of resident memory that the run may take; empty for no limit
   */
  public record Job(
      Transformer model,
      StepSource source,
      TrainSettings settings,
      double peakRate,
      EvalSettings eval,
      CheckpointSettings checkpoint,
      StepLayout layout,
      OptionalLong budget) {
    /** Checks that updates on the way back see whole gradients. */
    public Job {
      if (settings.updateInBackward() && settings.gradientAccumulation() > 1 && !layout.byBlock()) {
        throw new IllegalArgumentException("updates on the way back need the layout by block");
      }
    }
  }

  /** How a run ended. */
  public enum End {
    /** All steps done. */
    FINISHED,
    /** Evaluation stopped improving. */
    STOPPED_EARLY,
    /** The user asked; a checkpoint stands. */
    INTERRUPTED
  }

  /**
   * A run's end.
   *
   * @param end why
   * @param state where
   * @param loss of the last step, nats per label token
   */
  public record Outcome(End end, RunState state, double loss) {}

  private final Job job;
  private final Map<String, Tensor> parameters;
  private final BlockwiseStep step;
  private final Optimizer optimizer;
  private final Gradients gradients;
  private final Stages stages;
  private final Schedule schedule;
  private final Checkpoints checkpoints;
  private final BooleanSupplier interrupted;
  private final TrainListener listener;
  private RunState state = RunState.start();
  private long passBytes; // what the longest batch took beside what was there

  /**
   * @param checkpoints where states are kept
   * @param interrupted asked before each block
   */
  public Trainer(
      Job job, Checkpoints checkpoints, BooleanSupplier interrupted, TrainListener listener) {
    this.job = job;
    this.checkpoints = checkpoints;
    this.interrupted = interrupted;
    this.listener = listener;
    Optional<ValueHead> values = job.source().valueHead();
    this.parameters = new LinkedHashMap<>(Trainables.of(job.model()));
    values.ifPresent(v -> parameters.putAll(v.trainable()));
    Trainables.require(job.model());
    this.step = new BlockwiseStep(job.model(), WeightSource.of(job.model()), job.layout(), values);
    this.optimizer =
        Optimizers.create(
            job.settings(),
            parameters,
            job.model().parameters().device(),
            checkpoints.optimizerPages());
    this.gradients = new Gradients(parameters);
    this.stages = Stages.of(job.model(), values);
    this.schedule = Schedule.of(job.settings(), job.peakRate(), job.source().totalSteps());
  }

  /**
   * Takes up a checkpoint that is whole.
   *
   * @param step as {@link Checkpoints#newestWhole} gives it; 0 leaves everything at its start
   */
  public void resume(long step) {
    if (step == 0) {
      return;
    }
    state = checkpoints.restore(step, optimizer);
    if (job.checkpoint().keepBest() && state.bestStep() > 0 && state.bestStep() < step) {
      checkpoints.damage(state.bestStep()).ifPresent(this::forgetBest);
    }
  }

  private void forgetBest(String damage) {
    listener.message(
        "warning: "
            + damage
            + ". It was the best evaluated one; the best from now on takes its place."
            + " See docs/troubleshooting.md#damaged-checkpoint");
    state = state.withoutBest();
  }

  /** Frees the optimizer's state. */
  @Override
  public void close() {
    optimizer.close();
  }

  /** Trains to the end, or until interrupted. On return the parameters are the result's. */
  public Outcome run() {
    long total = job.source().totalSteps();
    listener.started(state.step(), total);
    if (state.step() < total) {
      checkpoints.checkRoom(
          checkpointBytes(), job.checkpoint().keepBest() && job.source().evaluates());
      dryPass();
      if (state.step() == 0 && job.source().evaluatesFirst()) {
        job.source().evaluation().ifPresent(data -> evaluate(data, 0));
      }
    }
    double loss = Double.NaN;
    while (state.step() < total) {
      long started = System.nanoTime();
      Optional<StepData> data = job.source().step(state.step(), interrupted);
      if (data.isEmpty()) {
        return interrupted(loss);
      }
      List<Batch> batches = data.get().batches();
      double weight = data.get().weight();
      Update update =
          job.settings().updateInBackward() ? new UpdateInBackward(batches) : new Update(batches);
      Optional<Double> sum = forwardBackward(data.get(), weight, update);
      if (sum.isEmpty()) {
        return interrupted(loss);
      }
      loss = sum.get() / weight;
      double norm = update.finish(loss);
      job.source().moved();
      double seconds = (System.nanoTime() - started) / 1e9;
      advance(data.get(), weight, loss, norm, seconds);
      boolean last = state.step() == total;
      boolean stop = evaluateIfDue(last);
      if (!stop && !last && due(job.checkpoint().everySteps())) {
        save();
      }
      if (stop) {
        takeBest();
        return new Outcome(End.STOPPED_EARLY, state, loss);
      }
    }
    takeBest();
    return new Outcome(End.FINISHED, state, loss);
  }

  /**
   * The longest batch once, gradients dropped: what does not fit in memory fails now and not in an
   * hour.
   */
  private void dryPass() {
    int together = job.layout().byBlock() ? job.settings().gradientAccumulation() : 1;
    StepData longest = job.source().longest(together);
    StepHeap.prepare(job.model(), longest.batches().get(0));
    boolean whole = !job.settings().updateInBackward();
    StepListener dropping =
        new StepListener() {
          @Override
          public void complete(int stage, boolean last) {
            if (!whole) {
              gradients.clear();
            }
          }
        };
    long before = Memory.resident();
    step.forwardBackward(longest.batches(), longest.objective(), 1, i -> 0, 1, dropping);
    gradients.clear();
    passBytes = Math.max(0, Memory.peakResident() - before);
    if (job.budget().isPresent() && Memory.peakResident() > job.budget().getAsLong()) {
      throw new LuthierException(
          String.format(
              Locale.ROOT,
              "the longest batch took %,d MiB of memory, more than the budget of %,d MiB, although"
                  + " it was planned to fit: lower memory.budget by the difference, so that the plan"
                  + " leaves room. See docs/troubleshooting.md#memory",
              Memory.peakResident() >> 20,
              job.budget().getAsLong() >> 20));
    }
  }

  /** The sum of the losses; empty if interrupted. */
  private Optional<Double> forwardBackward(StepData data, double weight, Update update) {
    return step.forwardBackward(
        data.batches(),
        data.objective(),
        1 / weight,
        i -> Seeds.mix(job.settings().seed(), state.step(), i),
        update.passes(),
        update);
  }

  /** One update of all parameters when all gradients are complete. */
  private class Update implements StepListener {
    private final List<Batch> batches;

    Update(List<Batch> batches) {
      this.batches = batches;
    }

    int passes() {
      return 1;
    }

    /**
     * What batches of other shapes left between their tensors must not add to what this one takes.
     * Trimming costs the time to get that memory again, so only a budget asks for it.
     */
    @Override
    public void begins() {
      if (job.budget().isPresent() && Memory.resident() + passBytes > job.budget().getAsLong()) {
        Memory.trim();
      }
    }

    @Override
    public boolean interrupted() {
      return interrupted.getAsBoolean();
    }

    @Override
    public void loss(int microBatch, double sum) {
      if (!Double.isFinite(sum)) {
        throw notFinite("the loss is " + sum, List.of(batches.get(microBatch)));
      }
    }

    /**
     * Moves the parameters.
     *
     * @return the gradients' norm before it was clipped
     */
    double finish(double loss) {
      double norm = gradients.norm();
      checkNorm(norm, " (loss " + loss + ")");
      if (state.step() == 0 && job.source().teaches()) {
        GradientGuard.check(parameters, gradients.suspects(), listener);
      }
      gradients.clip(norm, job.settings().maxGradNorm());
      optimizer.step(schedule.rate(state.step()));
      gradients.clear();
      return norm;
    }

    void checkNorm(double norm, String where) {
      if (!Double.isFinite(norm)) {
        throw notFinite("the gradient's norm is " + norm + where, batches);
      }
    }
  }

  /**
   * Every stage's parameters are updated as soon as their gradients are complete, which are then
   * freed (Lv et al., "Full Parameter Fine-tuning for Large Language Models with Limited
   * Resources", arXiv 2306.09782, section 3.2). Clipping to a global norm takes a way back before,
   * on which gradients only tell their norm.
   */
  private final class UpdateInBackward extends Update {
    private final List<Gradients.Suspect> suspects = new ArrayList<>();
    private double squares;
    private boolean begun;

    UpdateInBackward(List<Batch> batches) {
      super(batches);
    }

    @Override
    int passes() {
      return job.settings().maxGradNorm() > 0 ? 2 : 1;
    }

    /** Once a block has moved, the step must be ended. */
    @Override
    public boolean interrupted() {
      return !begun && super.interrupted();
    }

    @Override
    public void complete(int stage, boolean last) {
      Gradients own = gradients.of(stages.names().getOrDefault(stage, List.of()));
      boolean measures = !last || passes() == 1;
      if (measures) {
        double norm = own.norm();
        checkNorm(norm, " at stage " + stage);
        squares += norm * norm;
      }
      if (last) {
        update(own);
      }
      own.clear();
    }

    private void update(Gradients own) {
      if (!begun) {
        optimizer.begin(schedule.rate(state.step()));
        begun = true;
      }
      if (state.step() == 0) {
        suspects.addAll(own.suspects());
      }
      if (passes() == 2) {
        own.clip(Math.sqrt(squares), job.settings().maxGradNorm());
      }
      own.forEach(optimizer::update);
    }

    @Override
    double finish(double loss) {
      if (state.step() == 0 && job.source().teaches()) {
        GradientGuard.check(parameters, suspects, listener);
      }
      return Math.sqrt(squares);
    }
  }

  private Outcome interrupted(double loss) {
    gradients.clear();
    save();
    return new Outcome(End.INTERRUPTED, state, loss);
  }

  private void advance(StepData data, double weight, double loss, double norm, double seconds) {
    long tokens = data.batches().stream().mapToLong(Batch::realTokens).sum();
    double rate = schedule.rate(state.step());
    state =
        new RunState(
            state.step() + 1,
            state.bestStep(),
            state.best(),
            state.stale(),
            state.tokens() + tokens,
            state.seconds() + seconds);
    listener.step(
        new StepMetrics(
            state.step(),
            job.source().totalSteps(),
            job.source().epochs(state.step()),
            loss,
            rate,
            norm,
            tokens,
            weight,
            seconds,
            Memory.peakResident(),
            data.objective().figures()));
  }

  /** Saves the state, unless that would put broken weights in the place of good ones. */
  private void save() {
    requireFinite();
    checkpoints.save(state, optimizer, checkpointBytes());
  }

  /** Float32 weights and the optimizer's state; what else a checkpoint holds is small. */
  private long checkpointBytes() {
    long bytes = 0;
    for (Map.Entry<String, Tensor> p : parameters.entrySet()) {
      long[] shape = Tensors.shape(p.getValue());
      bytes +=
          4 * p.getValue().numel() + Optimizers.bytes(job.settings(), p.getKey(), shape).state();
    }
    return bytes;
  }

  private void requireFinite() {
    Trainables.notFinite(parameters)
        .ifPresent(
            name -> {
              throw checkpoints.notFinite(state.step(), name);
            });
  }

  /** Evaluates when it is time; true when the run should stop. */
  private boolean evaluateIfDue(boolean last) {
    if (!last && !due(job.eval().everySteps())) {
      return false;
    }
    Optional<StepData> data = job.source().evaluation();
    if (data.isEmpty()) {
      return false;
    }
    boolean best = evaluate(data.get(), state.step());
    if (best && job.checkpoint().keepBest()) {
      save();
    }
    return job.eval().patience() > 0 && state.stale() >= job.eval().patience();
  }

  /** Evaluates; true if it is the best so far, which the weights before the first step are not. */
  private boolean evaluate(StepData data, long after) {
    Objective objective = data.objective();
    Evaluator.Score score = new Evaluator(step, objective).score(data.batches());
    Map<String, Double> figures = objective.figures();
    double value = job.eval().value(score.perToken(), figures);
    boolean best = after > 0 && job.eval().isBetter(value, state.best());
    if (after > 0) {
      state = state.evaluated(best, value);
    }
    listener.evaluated(
        new EvalMetrics(after, score.perToken(), score.labelTokens(), best, figures));
    return best;
  }

  /**
   * Goes back to the best evaluated weights, if that is wanted and they are not the current ones.
   *
   * @throws LuthierException if what is to be the result is not finite
   */
  private void takeBest() {
    if (job.checkpoint().keepBest() && state.bestStep() > 0 && state.bestStep() < state.step()) {
      checkpoints.readWeights(state.bestStep());
      listener.message(
          "the result is step " + state.bestStep() + ", which had " + job.eval().bestWords());
    }
    requireFinite();
  }

  private boolean due(int every) {
    return every > 0 && state.step() % every == 0;
  }

  private LuthierException notFinite(String what, List<Batch> batches) {
    gradients.clear();
    Optional<String> first =
        batches.stream().flatMap(b -> step.firstNotFinite(b).stream()).findFirst();
    return checkpoints.failed(state.step() + 1, what, first, batches);
  }
}
