package dev.luthier.generate;

import java.util.Optional;

/**
 * One prompt to continue.
 *
 * @param prompt ids, BOS included where the model wants one
 * @param settings how to continue it; rows of a batch may differ
 * @param constraint what may be written, of this one text; empty for anything
 */
@SuppressWarnings("ArrayRecordComponent")
public record GenerateRequest(
    int[] prompt, GenerateSettings settings, Optional<TokenConstraint> constraint) {
  /** Anything may be written. */
  public GenerateRequest(int[] prompt, GenerateSettings settings) {
    this(prompt, settings, Optional.empty());
  }
}
