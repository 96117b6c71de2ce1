package dev.luthier.train.policy;

import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.SamplingSettings;
import dev.luthier.generate.StopReason;
import dev.luthier.serve.EngineRequest;
import dev.luthier.serve.TextSampler;
import dev.luthier.serve.TextSampler.Sampled;
import dev.luthier.tensor.Seeds;
import dev.luthier.train.policy.RewardFunction.Completion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Puts prompts to a policy and has its answers scored. */
final class Asking {
  private final TextSampler sampler;
  private final RewardSum rewards;
  private final int maxNewTokens;
  private final long seed;

  /**
   * @param maxNewTokens of an answer
   * @param seed of the run
   */
  Asking(TextSampler sampler, RewardSum rewards, int maxNewTokens, long seed) {
    this.sampler = sampler;
    this.rewards = rewards;
    this.maxNewTokens = maxNewTokens;
    this.seed = seed;
  }

  /**
   * What came of it.
   *
   * @param completions as the reward function saw them
   * @param scores of each; NaN for what could not be scored
   * @param parts of the scores, means by name
   * @param sampleSeconds that writing them took
   * @param rewardSeconds that scoring them took
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Answered(
      List<Sampled> sampled,
      List<Completion> completions,
      double[] scores,
      Map<String, Double> parts,
      double sampleSeconds,
      double rewardSeconds) {
    /** Whether the model ended an answer itself. */
    boolean ended(int i) {
      return completions.get(i).ended();
    }

    /** What is measured of answers, whatever is done with them. */
    Map<String, Double> figures() {
      double[] known = Arrays.stream(scores).filter(s -> !Double.isNaN(s)).toArray();
      double mean = Arrays.stream(known).average().orElse(Double.NaN);
      double squares = Arrays.stream(known).map(s -> (s - mean) * (s - mean)).sum();
      Map<String, Double> out = new LinkedHashMap<>();
      out.put("reward", mean);
      out.putAll(parts);
      out.put("reward_std", Math.sqrt(squares / Math.max(1, known.length)));
      out.put(
          "completion_length",
          sampled.stream().mapToInt(s -> s.tokens().length).average().orElse(0));
      out.put(
          "eos_rate",
          completions.stream().filter(Completion::ended).count() / (double) sampled.size());
      out.put("unscored", (double) (scores.length - known.length));
      return out;
    }
  }

  /**
   * Asks.
   *
   * @param iteration that the answers' random numbers follow from
   * @return empty if interrupted
   */
  Optional<Answered> ask(
      List<Prompt> prompts, SamplingSettings how, long iteration, BooleanSupplier interrupted) {
    long began = System.nanoTime();
    List<EngineRequest> requests = new ArrayList<>();
    for (Prompt prompt : prompts) {
      long own = Seeds.mix(seed, iteration, requests.size());
      requests.add(
          new EngineRequest(
              prompt.ids(),
              new GenerateSettings(maxNewTokens, how, List.of(), own, false),
              Optional.empty(),
              0,
              Optional.empty()));
    }
    Optional<List<Sampled>> sampled = sampler.sample(requests, interrupted);
    if (sampled.isEmpty()) {
      return Optional.empty();
    }
    long written = System.nanoTime();
    List<Completion> completions = new ArrayList<>();
    for (Sampled one : sampled.get()) {
      Prompt prompt = prompts.get(completions.size());
      boolean ended = one.stopReason() == StopReason.STOP;
      completions.add(new Completion(prompt.text(), one.text(), prompt.columns(), ended));
    }
    RewardSum.Scores scores = rewards.of(completions);
    return Optional.of(
        new Answered(
            sampled.get(),
            completions,
            scores.sums(),
            scores.means(),
            (written - began) / 1e9,
            (System.nanoTime() - written) / 1e9));
  }
}
