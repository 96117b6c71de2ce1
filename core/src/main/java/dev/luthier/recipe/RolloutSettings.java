package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;

/**
 * How answers are sampled that a policy learns from.
 *
 * @param prompts asked in an iteration
 * @param generations answers to each
 * @param maxNewTokens of an answer
 * @param temperature of sampling
 * @param topP share of the probability that is sampled from
 * @param topK likeliest tokens that are sampled from; 0 for all
 * @param together answers that are decoded together
 * @param logged answers of an iteration that samples.jsonl gets
 */
public record RolloutSettings(
    @Setting(help = "prompts asked in an iteration", value = "8") int prompts,
    @Setting(help = "answers to each", value = "8") int generations,
    @Setting(help = "tokens of an answer, at most", value = "256") int maxNewTokens,
    @Setting(help = "temperature of sampling", value = "1.0") double temperature,
    @Setting(help = "share of the probability that is sampled from", value = "1.0") double topP,
    @Setting(help = "likeliest tokens that are sampled from; 0 means all", value = "0") int topK,
    @Setting(help = "answers that are decoded together", value = "64") int together,
    @Setting(help = "answers of an iteration that samples.jsonl gets", value = "4") int logged) {
  /** Checks everything at once. */
  public RolloutSettings {
    new Complaints()
        .unless(prompts >= 1, "rollout.prompts", prompts, "must be at least 1")
        .unless(generations >= 1, "rollout.generations", generations, "must be at least 1")
        .unless(maxNewTokens >= 1, "rollout.maxNewTokens", maxNewTokens, "must be at least 1")
        .unless(temperature > 0, "rollout.temperature", temperature, "must be above 0")
        .unless(topP > 0 && topP <= 1, "rollout.topP", topP, "must be above 0 and at most 1")
        .unless(topK >= 0, "rollout.topK", topK, "must be 0 or more")
        .unless(together >= 1, "rollout.together", together, "must be at least 1")
        .unless(logged >= 0, "rollout.logged", logged, "must be 0 or more")
        .throwIfAny();
  }
}
