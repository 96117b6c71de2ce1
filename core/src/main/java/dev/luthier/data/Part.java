package dev.luthier.data;

/** Which part of its row a document is. The ordinal is the byte in the file. */
public enum Part {
  /** The whole of it, or a piece of a row that was split. */
  TEXT,
  /** The answer that was preferred, with its prompt. */
  CHOSEN,
  /** The answer that was not, with its prompt. */
  REJECTED,
  /** An answer marked as good, with its prompt. */
  DESIRABLE,
  /** An answer marked as bad, with its prompt. */
  UNDESIRABLE,
  /** A prompt alone. */
  PROMPT,
  /** An answer that the model in training wrote, with its prompt. */
  SAMPLED
}
