package dev.luthier.nn;

/** How a parameter starts when a model is made from nothing. */
public enum Init {
  /** Normal with mean 0 and the standard deviation that the family has for it. */
  NORMAL,
  /** Uniform within 1 / sqrt(in): Kaiming with a = sqrt(5), as LoRA starts A. */
  KAIMING_UNIFORM,
  /** All ones: norm weights. */
  ONES,
  /** All zeros: biases. */
  ZEROS,
  /** As it is already: rows that begin as a table has them. */
  AS_IS
}
