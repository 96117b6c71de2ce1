package dev.luthier.serve;

import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.TokenConstraint;
import java.util.Optional;

/**
 * A prompt to continue.
 *
 * @param prompt ids, BOS included where the model wants one
 * @param settings how to continue it
 * @param adapter name of a loaded adapter; empty for the model itself
 * @param logprobs with each token, how many of the likeliest alternatives are told, 0 to 20; -1 for
 *     no log-probabilities at all
 * @param constraint what may be written; empty for anything
 * @param promptScores whether the prompt's own tokens are scored, with as many alternatives; needs
 *     {@code logprobs} of at least 0
 */
@SuppressWarnings("ArrayRecordComponent")
public record EngineRequest(
    int[] prompt,
    GenerateSettings settings,
    Optional<String> adapter,
    int logprobs,
    Optional<TokenConstraint> constraint,
    PromptScores promptScores) {
  /** A request whose prompt is not scored. */
  public EngineRequest(
      int[] prompt,
      GenerateSettings settings,
      Optional<String> adapter,
      int logprobs,
      Optional<TokenConstraint> constraint) {
    this(prompt, settings, adapter, logprobs, constraint, PromptScores.NONE);
  }
}
