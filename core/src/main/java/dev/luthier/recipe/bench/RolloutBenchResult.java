package dev.luthier.recipe.bench;

/**
 * Where the time of an iteration went that asks and learns; medians over rounds, in seconds.
 *
 * @param engine that the engine of {@code luthier serve} takes to write as many tokens after the
 *     same prompts, with the same model
 * @param sample that writing the answers took
 * @param policy the answers' log-probabilities by the weights that wrote them
 * @param reference the same by the reference
 * @param update forward, backward and the optimizer's step
 * @param samplerDifference the largest difference of a log-probability between sampler and training
 *     forward, of all rounds
 */
public record RolloutBenchResult(
    RolloutBenchSettings settings,
    double engine,
    double sample,
    double policy,
    double reference,
    double update,
    double samplerDifference) {
  /** Of an iteration. */
  public double whole() {
    return sample + policy + reference + update;
  }

  /** New tokens per second while answers are written. */
  public double tokensPerSecond() {
    return settings.answers() * (double) settings.answer() / sample;
  }

  /** How fast answers are written, held against the engine. */
  public double factor() {
    return engine / sample;
  }
}
