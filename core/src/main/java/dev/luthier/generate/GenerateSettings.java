package dev.luthier.generate;

import dev.luthier.Complaints;
import java.util.List;

/**
 * How one prompt is continued.
 *
 * @param maxNewTokens the text ends after so many tokens
 * @param sampling how tokens are chosen
 * @param stop strings that end the text, which then ends before them
 * @param seed equal seeds give equal draws
 * @param exceedContext whether generation goes on past the positions that the model was made for,
 *     as rotary positions with scaling allow
 */
public record GenerateSettings(
    int maxNewTokens,
    SamplingSettings sampling,
    List<String> stop,
    long seed,
    boolean exceedContext) {

  /** Checks everything at once. */
  public GenerateSettings {
    stop = List.copyOf(stop);
    Complaints complaints = new Complaints();
    if (maxNewTokens < 1) {
      complaints.add("--max-new-tokens is " + maxNewTokens + "; use 1 or more");
    }
    if (stop.contains("")) {
      complaints.add("a stop string is empty; leave it out");
    }
    complaints.throwIfAny();
  }

  /** At most so many of the best tokens. */
  public static GenerateSettings greedy(int maxNewTokens) {
    return new GenerateSettings(maxNewTokens, SamplingSettings.greedy(), List.of(), 0, false);
  }

  /** The same with another way to choose tokens. */
  public GenerateSettings withSampling(SamplingSettings to) {
    return new GenerateSettings(maxNewTokens, to, stop, seed, exceedContext);
  }

  /** The same with other stop strings. */
  public GenerateSettings withStop(String... strings) {
    return new GenerateSettings(maxNewTokens, sampling, List.of(strings), seed, exceedContext);
  }

  /** The same with another seed. */
  public GenerateSettings withSeed(long to) {
    return new GenerateSettings(maxNewTokens, sampling, stop, to, exceedContext);
  }

  /** The same, going past the model's context or not. */
  public GenerateSettings withExceedContext(boolean exceed) {
    return new GenerateSettings(maxNewTokens, sampling, stop, seed, exceed);
  }
}
