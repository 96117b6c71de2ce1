package dev.luthier.hub;

/**
 * A writer's answer.
 *
 * @param text the answer
 * @param promptTokens tokens read, as the writer counts them; 0 if it does not say
 * @param completionTokens tokens written
 * @param truncated whether the answer is cut off: it was too long, or an endpoint's filter ended it
 */
public record Reply(String text, long promptTokens, long completionTokens, boolean truncated) {
  /** Tokens read and written. */
  public long tokens() {
    return promptTokens + completionTokens;
  }
}
