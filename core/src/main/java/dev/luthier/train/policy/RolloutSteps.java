package dev.luthier.train.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.DataOrder;
import dev.luthier.format.Json;
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
import java.nio.file.Files;
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
  /** Of a checkpoint: the answers that are being learnt from, and where the run is with them. */
  private static final String FILE = "rollouts.json";

  private final PolicyPlan plan;
  private final List<Prompt> prompts;
  private final List<Prompt> held;
  private final Policy policy;
  private final Asking asking;
  private final RolloutBatches batches;
  private final RolloutListener listener;
  private final KlWeight klWeight;
  private State state = State.START;
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
   * Where a run is.
   *
   * @param iteration counted from 0; -1 before the first
   * @param began the step that was its first
   * @param over whether its answers are left before all passes
   * @param kl the weight of the divergence
   * @param rollouts its answers
   * @param figures what was measured of them
   */
  private record State(
      long iteration,
      long began,
      boolean over,
      double kl,
      List<Rollout> rollouts,
      Map<String, Double> figures) {
    static final State START = new State(-1, 0, true, 0, List.of(), Map.of());

    State end() {
      return new State(iteration, began, true, kl, rollouts, figures);
    }
  }

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
      RewardFunction rewards,
      Collator collator,
      RolloutListener listener) {
    this.plan = plan;
    this.prompts = List.copyOf(prompts);
    this.held = List.copyOf(held);
    this.policy = policy;
    this.asking = new Asking(sampler, rewards, plan.maxNewTokens(), plan.seed());
    this.batches = new RolloutBatches(plan, collator);
    this.listener = listener;
    this.klWeight = plan.kl();
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
            plan.loss().withKl(plan.klInReward() ? 0 : kl),
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
    double divergence = divergence(rollouts);
    double kl = now == 0 ? klWeight.start() : klWeight.next(state.kl(), divergence);
    weigh(rollouts, a, kl);
    Map<String, Double> figures = new LinkedHashMap<>(a.figures());
    figures.putAll(measured(rollouts, a));
    if (plan.hasReference()) {
      figures.put("kl_answer", divergence);
      figures.put("kl_weight", kl);
    }
    figures.put("sample_seconds", a.sampleSeconds());
    figures.put("reward_seconds", a.rewardSeconds());
    figures.putAll(seconds);
    state = new State(now, step, false, kl, List.copyOf(rollouts), figures);
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

  /** From the reference: the mean over answers, nats. */
  private double divergence(List<Rollout> rollouts) {
    return plan.hasReference()
        ? rollouts.stream().mapToDouble(r -> Arrays.stream(apart(r)).sum()).average().orElse(0)
        : 0;
  }

  private static double[] apart(Rollout of) {
    double[] out = of.get(TokenFigure.OLD);
    double[] reference = of.get(TokenFigure.REFERENCE);
    Arrays.setAll(out, t -> out[t] - reference[t]);
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
      penalties.add(Arrays.stream(apart(one)).map(d -> weight * d).toArray());
      values.add(one.get(TokenFigure.VALUE));
    }
    Credit.Worth worth = plan.credit().worth(scores, penalties, values, plan.group());
    for (int i = 0; i < scores.length; i++) {
      rollouts.get(i).set(TokenFigure.ADVANTAGE, worth.advantages().get(i));
      rollouts.get(i).set(TokenFigure.RETURN, worth.returns().get(i));
    }
  }

  private Map<String, Double> measured(List<Rollout> rollouts, Answered a) {
    double off = 0;
    double size = 0;
    long tokens = 0;
    for (int i = 0; i < rollouts.size(); i++) {
      Rollout one = rollouts.get(i);
      double[] old = one.get(TokenFigure.OLD);
      double[] advantages = one.get(TokenFigure.ADVANTAGE);
      for (int t = 0; t < old.length; t++) {
        off = Math.max(off, Math.abs(a.sampled().get(i).logProbs()[t] - old[t]));
        size += Math.abs(advantages[t]);
        tokens++;
      }
    }
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("sampler_difference", off);
    out.put("advantage_size", size / tokens);
    double explained = explained(rollouts);
    if (policy.values().isPresent() && Double.isFinite(explained)) {
      out.put("explained_variance", explained);
    }
    return out;
  }

  /** What share of the returns' variance the values told before. */
  private static double explained(List<Rollout> rollouts) {
    double[] returns = all(rollouts, TokenFigure.RETURN);
    double[] values = all(rollouts, TokenFigure.VALUE);
    double[] rest = returns.clone();
    Arrays.setAll(rest, t -> returns[t] - values[t]);
    return 1 - variance(rest) / variance(returns);
  }

  private static double[] all(List<Rollout> rollouts, TokenFigure figure) {
    return rollouts.stream()
        .filter(Rollout::counts)
        .flatMapToDouble(r -> Arrays.stream(r.get(figure)))
        .toArray();
  }

  private static double variance(double[] of) {
    double mean = Arrays.stream(of).average().orElse(0);
    return Arrays.stream(of).map(x -> (x - mean) * (x - mean)).average().orElse(0);
  }

  @Override
  public StepData longest(int count) {
    Prompt longest = prompts.stream().max((a, b) -> a.ids().length - b.ids().length).orElseThrow();
    int answer = plan.rowLength() - longest.ids().length;
    Rollout one = new Rollout(longest.ids(), new int[answer], true);
    return data(
        batches.of(Collections.nCopies(count * plan.microBatch(), one)),
        klWeight.start(),
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
    ObjectNode json = Json.object();
    json.put("iteration", state.iteration()).put("began", state.began());
    json.put("over", state.over()).put("kl", state.kl());
    ArrayNode all = json.putArray("rollouts");
    state.rollouts().forEach(r -> all.add(r.toJson()));
    ObjectNode measured = json.putObject("figures");
    state.figures().forEach(measured::put);
    Json.write(folder.resolve(FILE), json);
    policy.values().ifPresent(v -> v.write(folder));
  }

  /** Reads back what {@link #save} wrote. */
  public void restore(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return;
    }
    ObjectNode json = Json.read(file);
    List<Rollout> read = new ArrayList<>();
    for (JsonNode one : json.path("rollouts")) {
      read.add(Rollout.of(one));
    }
    Map<String, Double> measured = new LinkedHashMap<>();
    json.path("figures")
        .fields()
        .forEachRemaining(e -> measured.put(e.getKey(), e.getValue().asDouble()));
    state =
        new State(
            json.path("iteration").asLong(),
            json.path("began").asLong(),
            json.path("over").asBoolean(),
            json.path("kl").asDouble(),
            read,
            measured);
    policy.values().ifPresent(v -> v.read(folder));
  }
}
