package dev.luthier.serve;

/** Whether a request's listener hears how probable the tokens of its prompt are. */
public enum PromptScores {
  /** It does not; tokens that were read for others are not read again. */
  NONE,
  /** It does, before the first token that is written. */
  TOLD,
  /** It does, and no token is written. */
  ONLY
}
