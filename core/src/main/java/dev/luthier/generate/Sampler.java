package dev.luthier.generate;

import java.util.Collection;
import java.util.List;

/** Chooses the next token. Without state: rows may share one, each with a generator of its own. */
@FunctionalInterface
public interface Sampler {
  /**
   * The chosen id.
   *
   * @param scores (V) logits; changed in place
   * @param history prompt and generated ids of this row
   * @param random where chance comes from; not drawn from when greedy
   */
  int next(float[] scores, TokenHistory history, SplitMix64 random);

  /**
   * The sampler that the settings describe.
   *
   * @param stopIds ids that end a text, which {@code minNewTokens} holds off
   */
  static Sampler of(SamplingSettings settings, Collection<Integer> stopIds) {
    List<LogitsProcessor> processors = LogitsProcessors.of(settings, stopIds);
    boolean greedy = settings.isGreedy();
    return (scores, history, random) -> {
      for (LogitsProcessor processor : processors) {
        processor.apply(scores, history);
      }
      return greedy ? Softmax.best(scores) : draw(Softmax.of(scores), random);
    };
  }

  /** The first id at which the running sum of probabilities passes a uniform number. */
  private static int draw(double[] probabilities, SplitMix64 random) {
    double left = random.nextDouble();
    int last = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        last = i;
        left -= probabilities[i];
        if (left < 0) {
          return i;
        }
      }
    }
    return last; // rounding left a trace of the sum
  }
}
