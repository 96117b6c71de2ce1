package dev.luthier.train.policy;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.DataOrder;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.serve.TextSampler;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.Snapshot;
import dev.luthier.train.StepData;
import dev.luthier.train.StepSource;
import dev.luthier.train.ValueHead;
import dev.luthier.train.policy.Asking.Answered;
import dev.luthier.train.policy.RewardFunction.Completion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Steps of a policy that learns from its own answers: an iteration asks prompts, scores the
 * answers, and learns from them in one or more updates. Answers are a function of the weights, the
 * seed and the iteration.
 */
public final class RolloutSteps implements StepSource {
  private final PolicyPlan plan;
  private final List<Prompt> prompts;
  private final List<Prompt> held;
  private final Policy policy;
  private final Asking asking;
  private final RolloutBatches batches;
  private final RolloutListener listener;
  private RolloutState state = RolloutState.START;
  private @Nullable PolicyObjective last;

  /** Hears of answers. */
  public interface RolloutListener {
    /**
     * An iteration's answers are there.
     *
     * @param iteration counted from 0
     * @param completions of prompt after prompt
     * @param rewards their scores
     */
    void rolled(long iteration, List<Completion> completions, double[] rewards);
  }

  /**
   * What is asked what it thinks of answers.
   *
   * @param step over the weights in training
   * @param reference the weights that divergence is from; empty without one
   * @param values what is to be expected; empty where nothing is
   */
  public record Policy(
      BlockwiseStep step, Optional<Snapshot> reference, Optional<ValueHead> values) {}

  /**
   * Steps.
   *
   * @param prompts to learn from
   * @param held prompts to evaluate on
   */
  public RolloutSteps(
      PolicyPlan plan,
      List<Prompt> prompts,
      List<Prompt> held,
      TextSampler sampler,
      Policy policy,
      RewardSum rewards,
      Collator collator,
      RolloutListener listener) {
    this.plan = plan;
    this.prompts = List.copyOf(prompts);
    this.held = List.copyOf(held);
    this.policy = policy;
    this.asking = new Asking(sampler, rewards, plan.maxNewTokens(), plan.seed());
    this.batches = new RolloutBatches(plan, collator);
    this.listener = listener;
  }

  @Override
  public long totalSteps() {
    return (long) plan.iterations() * plan.steps();
  }

  @Override
  public double epochs(long steps) {
    return (double) (state.iteration() + 1) * plan.prompts() / prompts.size();
  }

  @Override
  public Optional<ValueHead> valueHead() {
    return policy.values();
  }

  @Override
  public Optional<StepData> step(long step, BooleanSupplier interrupted) {
    boolean done = state.over() || step - state.began() >= plan.steps();
    if (done && !roll(step, interrupted)) {
      return Optional.empty();
    }
    int mini = (int) ((step - state.began()) % plan.miniBatches());
    StepData data = data(batches.mini(state.rollouts(), mini), state.kl(), state.figures());
    last = (PolicyObjective) data.objective();
    return Optional.of(data);
  }

  private StepData data(List<Batch> some, double kl, Map<String, Double> figures) {
    return new StepData(
        some,
        new PolicyObjective(
            plan.loss(),
            plan.lossSettings().withKl(plan.klInReward() ? 0 : kl),
            PolicyObjective.totals(some),
            plan.hasReference(),
            plan.values(),
            figures));
  }

  @Override
  public void moved() {
    if (last != null && last.policyKl() > plan.targetKl().orElse(Double.POSITIVE_INFINITY)) {
      state = state.end();
    }
  }

  /** Asks, scores and weighs; false if interrupted. */
  private boolean roll(long step, BooleanSupplier interrupted) {
    long now = state.iteration() + 1;
    List<Prompt> each =
        asked(now).stream().flatMap(p -> Collections.nCopies(plan.group(), p).stream()).toList();
    Optional<Answered> answered = asking.ask(each, plan.sampling(), now, interrupted);
    if (answered.isEmpty()) {
      return false;
    }
    Answered a = answered.get();
    List<Rollout> rollouts = new ArrayList<>();
    for (int i = 0; i < each.size(); i++) {
      boolean counts = !Double.isNaN(a.scores()[i]) && (a.ended(i) || !plan.maskTruncated());
      rollouts.add(new Rollout(each.get(i).ids(), a.sampled().get(i).tokens(), counts));
    }
    Map<String, Double> seconds = measure(rollouts);
    double divergence = plan.hasReference() ? RolloutFigures.divergence(rollouts) : 0;
    double kl = now == 0 ? plan.kl().start() : plan.kl().next(state.kl(), divergence);
    weigh(rollouts, a, kl);
    Map<String, Double> figures = new LinkedHashMap<>(a.figures());
    figures.putAll(RolloutFigures.of(rollouts, a, policy.values().isPresent()));
    if (plan.hasReference()) {
      figures.put("kl_answer", divergence);
      figures.put("kl_weight", kl);
    }
    figures.put("sample_seconds", a.sampleSeconds());
    figures.put("reward_seconds", a.rewardSeconds());
    figures.putAll(seconds);
    state = new RolloutState(now, step, false, kl, List.copyOf(rollouts), figures);
    listener.rolled(now, a.completions(), a.scores());
    return true;
  }

  private List<Prompt> asked(long now) {
    DataOrder order = new DataOrder(prompts.size(), 1, 1, plan.seed(), true);
    List<Prompt> out = new ArrayList<>();
    long epoch = -1;
    int[] permutation = {};
    for (long i = now * plan.prompts(); i < (now + 1) * plan.prompts(); i++) {
      if (i / prompts.size() != epoch) {
        epoch = i / prompts.size();
        permutation = order.permutation(epoch);
      }
      out.add(prompts.get(permutation[(int) (i % prompts.size())]));
    }
    return out;
  }

  /** What policy, value head and reference say of the answers; how long they took. */
  private Map<String, Double> measure(List<Rollout> rollouts) {
    final long began = System.nanoTime();
    BlockwiseStep step = policy.step();
    if (policy.values().isPresent()) {
      batches.measure(rollouts, step::valued, TokenFigure.OLD, TokenFigure.VALUE);
    } else {
      batches.measure(rollouts, step::logProbs, TokenFigure.OLD);
    }
    final long said = System.nanoTime();
    policy
        .reference()
        .ifPresent(
            weights ->
                weights.with(
                    () -> {
                      batches.measure(rollouts, step::logProbs, TokenFigure.REFERENCE);
                      return null;
                    }));
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("logps_seconds", (said - began) / 1e9);
    if (plan.hasReference()) {
      out.put("reference_seconds", (System.nanoTime() - said) / 1e9);
    }
    return out;
  }

  private void weigh(List<Rollout> rollouts, Answered a, double kl) {
    double[] scores = a.scores().clone();
    List<double[]> penalties = new ArrayList<>();
    List<double[]> values = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      Rollout one = rollouts.get(i);
      scores[i] -= a.ended(i) ? 0 : plan.eosPenalty();
      double weight = plan.klInReward() && plan.hasReference() ? kl : 0;
      penalties.add(Arrays.stream(RolloutFigures.apart(one)).map(d -> weight * d).toArray());
      values.add(one.get(TokenFigure.VALUE));
    }
    Credit.Worth worth = plan.credit().worth(scores, penalties, values, plan.group());
    for (int i = 0; i < scores.length; i++) {
      rollouts.get(i).set(TokenFigure.ADVANTAGE, worth.advantages().get(i));
      rollouts.get(i).set(TokenFigure.RETURN, worth.returns().get(i));
    }
  }

  @Override
  public StepData longest(int count) {
    Prompt longest = prompts.stream().max((a, b) -> a.ids().length - b.ids().length).orElseThrow();
    int answer = plan.rowLength() - longest.ids().length;
    Rollout one = new Rollout(longest.ids(), new int[answer], true);
    return data(
        batches.of(Collections.nCopies(count * plan.microBatch(), one)),
        plan.kl().start(),
        Map.of());
  }

  /** Where all answers to a prompt are worth the same, there is nothing to learn from them. */
  @Override
  public boolean teaches() {
    return state.rollouts().stream()
        .anyMatch(
            r ->
                r.counts()
                    && Arrays.stream(r.get(TokenFigure.ADVANTAGE))
                        .anyMatch(advantage -> advantage != 0));
  }

  @Override
  public boolean evaluates() {
    return !held.isEmpty();
  }

  @Override
  public boolean evaluatesFirst() {
    return true;
  }

  /** Greedy answers to held-out prompts, and their rewards. */
  @Override
  public Optional<StepData> evaluation() {
    return held.isEmpty() ? Optional.empty() : Optional.of(new StepData(List.of(), new Greedy()));
  }

  /** An evaluation without a loss. */
  private final class Greedy implements Objective {
    @Override
    public Loss loss(Tensor logProbs, LabelTokens labels) {
      throw new IllegalStateException("nothing to lose");
    }

    @Override
    public Map<String, Double> figures() {
      return asking.ask(held, SamplingSettings.greedy(), 0, () -> false).orElseThrow().figures();
    }
  }

  /** Writes into a checkpoint what the next steps learn from. */
  public void save(Path folder) {
    state.write(folder);
    policy.values().ifPresent(v -> v.write(folder));
  }

  /** Reads back what {@link #save} wrote. */
  public void restore(Path folder) {
    state = RolloutState.read(folder);
    policy.values().ifPresent(v -> v.read(folder));
  }
}
