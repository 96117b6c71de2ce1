package dev.luthier.train.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.DataOrder;
import dev.luthier.data.Packing;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Json;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.generate.StopReason;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.TextSampler;
import dev.luthier.serve.TextSampler.Sampled;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.Snapshot;
import dev.luthier.train.StepData;
import dev.luthier.train.StepSource;
import dev.luthier.train.policy.PolicyLoss.Totals;
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
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Steps of a policy that learns from its own answers: an iteration asks prompts, scores the
 * answers, and learns from them in one or more updates. Answers are a function of the weights, the
 * seed and the iteration.
 */
public final class RolloutSteps implements StepSource {
  /** Of a checkpoint: the answers that are being learnt from. */
  private static final String FILE = "rollouts.json";

  private final PolicyPlan plan;
  private final List<Prompt> prompts;
  private final List<Prompt> held;
  private final TextSampler sampler;
  private final BlockwiseStep policy;
  private final Optional<Snapshot> reference;
  private final RewardFunction rewards;
  private final Collator collator;
  private final RolloutListener listener;
  private long iteration = -1;
  private List<Rollout> rollouts = List.of();
  private Map<String, Double> figures = Map.of();

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
   * Steps.
   *
   * @param prompts to learn from
   * @param held prompts to evaluate on
   * @param reference the weights that divergence is from; empty without one
   */
  public RolloutSteps(
      PolicyPlan plan,
      List<Prompt> prompts,
      List<Prompt> held,
      TextSampler sampler,
      BlockwiseStep policy,
      Optional<Snapshot> reference,
      RewardFunction rewards,
      Collator collator,
      RolloutListener listener) {
    this.plan = plan;
    this.prompts = List.copyOf(prompts);
    this.held = List.copyOf(held);
    this.sampler = sampler;
    this.policy = policy;
    this.reference = reference;
    this.rewards = rewards;
    this.collator = collator;
    this.listener = listener;
  }

  @Override
  public long totalSteps() {
    return (long) plan.iterations() * plan.steps();
  }

  @Override
  public double epochs(long steps) {
    return (double) steps / plan.steps() * plan.prompts() / prompts.size();
  }

  @Override
  public Optional<StepData> step(long step, BooleanSupplier interrupted) {
    long now = step / plan.steps();
    if (now != iteration && !roll(now, interrupted)) {
      return Optional.empty();
    }
    int mini = (int) (step % plan.steps() % plan.miniBatches());
    int each = rollouts.size() / plan.miniBatches();
    List<Batch> batches = batches(rollouts.subList(mini * each, (mini + 1) * each));
    Totals totals = PolicyObjective.totals(batches);
    return Optional.of(
        new StepData(
            batches, new PolicyObjective(plan.loss(), totals, plan.hasReference(), figures)));
  }

  /** Asks, scores and weighs; false if interrupted. */
  private boolean roll(long now, BooleanSupplier interrupted) {
    long began = System.nanoTime();
    List<Prompt> asked = asked(now);
    List<Prompt> each =
        asked.stream().flatMap(p -> Collections.nCopies(plan.group(), p).stream()).toList();
    Optional<List<Sampled>> sampled = sample(each, plan.sampling(), now, interrupted);
    if (sampled.isEmpty()) {
      return false;
    }
    final long sampledAt = System.nanoTime();
    List<Completion> completions = completions(each, sampled.get());
    double[] scores = score(completions);
    final long scoredAt = System.nanoTime();
    rollouts = weighed(each, sampled.get(), scores);
    iteration = now;
    figures = measured(sampled.get(), scores);
    figures.put("sample_seconds", (sampledAt - began) / 1e9);
    figures.put("reward_seconds", (scoredAt - sampledAt) / 1e9);
    figures.put("logps_seconds", (System.nanoTime() - scoredAt) / 1e9);
    listener.rolled(now, completions, scores);
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

  private Optional<List<Sampled>> sample(
      List<Prompt> each, SamplingSettings sampling, long now, BooleanSupplier interrupted) {
    List<EngineRequest> requests = new ArrayList<>();
    for (Prompt prompt : each) {
      long seed = Seeds.mix(plan.seed(), now, requests.size());
      requests.add(
          new EngineRequest(
              prompt.ids(),
              new GenerateSettings(plan.maxNewTokens(), sampling, List.of(), seed, false),
              Optional.empty(),
              0,
              Optional.empty()));
    }
    return sampler.sample(requests, interrupted);
  }

  private static List<Completion> completions(List<Prompt> each, List<Sampled> sampled) {
    List<Completion> out = new ArrayList<>();
    for (Sampled one : sampled) {
      Prompt prompt = each.get(out.size());
      boolean ended = one.stopReason() == StopReason.STOP;
      out.add(new Completion(prompt.text(), one.text(), prompt.columns(), ended));
    }
    return out;
  }

  private double[] score(List<Completion> completions) {
    double[] scores = rewards.score(completions);
    if (scores.length != completions.size()) {
      throw new LuthierException(
          "the reward function was given "
              + completions.size()
              + " answers and gave "
              + scores.length
              + " scores. See docs/policy.md#rewards");
    }
    for (double score : scores) {
      if (Double.isInfinite(score)) {
        throw new LuthierException(
            "the reward function gave an infinite score; NaN is for answers that cannot be scored."
                + " See docs/policy.md#rewards");
      }
    }
    return scores;
  }

  private List<Rollout> weighed(List<Prompt> each, List<Sampled> sampled, double[] scores) {
    List<Rollout> plain = new ArrayList<>();
    for (Sampled one : sampled) {
      int i = plain.size();
      boolean ended = one.stopReason() == StopReason.STOP;
      boolean counts = !Double.isNaN(scores[i]) && (ended || !plan.maskTruncated());
      float[] none = new float[one.tokens().length];
      plain.add(
          new Rollout(each.get(i).ids(), one.tokens(), ended, none, none, scores[i], 0, counts));
    }
    List<float[]> old = logProbs(plain);
    List<float[]> refs =
        plan.hasReference() ? reference.orElseThrow().with(() -> logProbs(plain)) : List.of();
    double[] shaped = scores.clone();
    for (int i = 0; i < shaped.length && plan.rewardKl() > 0; i++) {
      for (int t = 0; t < old.get(i).length; t++) {
        shaped[i] -= plan.rewardKl() * (old.get(i)[t] - refs.get(i)[t]);
      }
    }
    double[] advantages =
        plan.leaveOneOut()
            ? Advantages.leaveOneOut(shaped, plan.group())
            : Advantages.ofGroups(shaped, plan.group(), plan.scale());
    List<Rollout> out = new ArrayList<>();
    for (Rollout r : plain) {
      int i = out.size();
      float[] ref = refs.isEmpty() ? r.reference() : refs.get(i);
      out.add(
          new Rollout(
              r.prompt(),
              r.answer(),
              r.ended(),
              old.get(i),
              ref,
              r.reward(),
              advantages[i],
              r.counts()));
    }
    return out;
  }

  /** Of each answer's tokens, by the batches in which they will be learnt from. */
  private List<float[]> logProbs(List<Rollout> all) {
    float[][] out = new float[all.size()][];
    int each = all.size() / plan.miniBatches();
    for (int from = 0; from < all.size(); from += each) {
      for (Batch batch : batches(all.subList(from, from + each))) {
        try (PointerScope scope = new PointerScope()) {
          Tensor p = policy.logProbs(batch);
          float[] values = Tensors.toFloats(p);
          LabelTokens labels = LabelTokens.of(batch);
          int document = 0;
          for (int[] row : batch.sources()) {
            for (int number : row) {
              AnswerTokens a = labels.answers().get(document++);
              out[from + number - 1] = Arrays.copyOfRange(values, a.from(), a.to());
            }
          }
        }
      }
    }
    return List.of(out);
  }

  /** Answers as packed batches; a function of them and of their order. */
  private List<Batch> batches(List<Rollout> some) {
    List<TokenSequence> documents = new ArrayList<>();
    for (Rollout one : some) {
      documents.add(one.document(documents.size() + 1));
    }
    int[] lengths = documents.stream().mapToInt(TokenSequence::length).toArray();
    List<int[]> rows = Packing.bestFit(lengths, plan.rowLength());
    List<Batch> out = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += plan.microBatch()) {
      List<int[]> part = rows.subList(from, Math.min(rows.size(), from + plan.microBatch()));
      Batch batch =
          collator.packed(
              part.stream().map(r -> Arrays.stream(r).mapToObj(documents::get).toList()).toList());
      out.add(valued(batch, part, some));
    }
    return out;
  }

  private static Batch valued(Batch batch, List<int[]> rows, List<Rollout> of) {
    float[] values = new float[PolicyObjective.VALUES * batch.labelTokens()];
    float[] weights = batch.weights().clone();
    List<Batch.Answer> answers = new ArrayList<>();
    int token = 0;
    for (int r = 0; r < rows.size(); r++) {
      int at = r * batch.length();
      for (int number : rows.get(r)) {
        Rollout one = of.get(number);
        int length = one.prompt().length + one.answer().length;
        if (!one.counts()) {
          Arrays.fill(weights, at, at + length, 0);
        }
        for (int t = 0; t < one.answer().length; t++) {
          values[PolicyObjective.VALUES * token] = one.old()[t];
          values[PolicyObjective.VALUES * token++ + 1] = one.reference()[t];
        }
        answers.add(new Batch.Answer(Part.SAMPLED, one.advantage()));
        at += length;
      }
    }
    return batch
        .withWeights(weights)
        .withForm(new Batch.Form(false, 0, null, values, List.copyOf(answers)));
  }

  private Map<String, Double> measured(List<Sampled> sampled, double[] scores) {
    Map<String, Double> out = new LinkedHashMap<>(told(sampled, scores));
    double apart = 0;
    for (int i = 0; i < sampled.size(); i++) {
      for (int t = 0; t < sampled.get(i).tokens().length; t++) {
        double off = Math.abs(sampled.get(i).logProbs()[t] - rollouts.get(i).old()[t]);
        apart = Math.max(apart, off);
      }
    }
    out.put("sampler_difference", apart);
    double mean = 0;
    for (Rollout one : rollouts) {
      mean += Math.abs(one.advantage()) / rollouts.size();
    }
    out.put("advantage_size", mean);
    return out;
  }

  private static Map<String, Double> told(List<Sampled> sampled, double[] scores) {
    double[] known = Arrays.stream(scores).filter(s -> !Double.isNaN(s)).toArray();
    double mean = Arrays.stream(known).average().orElse(Double.NaN);
    double squares = Arrays.stream(known).map(s -> (s - mean) * (s - mean)).sum();
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("reward", mean);
    out.put("reward_std", Math.sqrt(squares / Math.max(1, known.length)));
    out.put(
        "completion_length", sampled.stream().mapToInt(s -> s.tokens().length).average().orElse(0));
    out.put(
        "eos_rate",
        sampled.stream().filter(s -> s.stopReason() == StopReason.STOP).count()
            / (double) sampled.size());
    out.put("unscored", (double) (scores.length - known.length));
    return out;
  }

  @Override
  public StepData longest(int count) {
    Prompt longest = prompts.stream().max((a, b) -> a.ids().length - b.ids().length).orElseThrow();
    int answer = plan.rowLength() - longest.ids().length;
    float[] none = new float[answer];
    Rollout one = new Rollout(longest.ids(), new int[answer], true, none, none, 0, 0, true);
    List<Batch> batches = batches(Collections.nCopies(count * plan.microBatch(), one));
    return new StepData(
        batches,
        new PolicyObjective(
            plan.loss(), PolicyObjective.totals(batches), plan.hasReference(), Map.of()));
  }

  /** Where all answers to a prompt are worth the same, there is nothing to learn from them. */
  @Override
  public boolean teaches() {
    return rollouts.stream().anyMatch(r -> r.counts() && r.advantage() != 0);
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
    return held.isEmpty() ? Optional.empty() : Optional.of(new StepData(List.of(), new Asked()));
  }

  /** An evaluation without a loss. */
  private final class Asked implements Objective {
    @Override
    public Loss loss(Tensor logProbs, LabelTokens labels) {
      throw new IllegalStateException("nothing to lose");
    }

    @Override
    public Map<String, Double> figures() {
      List<Sampled> sampled = sample(held, SamplingSettings.greedy(), 0, () -> false).orElseThrow();
      return told(sampled, score(completions(held, sampled)));
    }
  }

  /** Writes what the next steps learn from into a checkpoint. */
  public void save(Path folder) {
    ObjectNode json = Json.object().put("iteration", iteration);
    ArrayNode all = json.putArray("rollouts");
    rollouts.forEach(r -> all.add(r.toJson()));
    ObjectNode measured = json.putObject("figures");
    figures.forEach(measured::put);
    Json.write(folder.resolve(FILE), json);
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
    rollouts = read;
    figures = measured;
    iteration = json.path("iteration").asLong();
  }
}
