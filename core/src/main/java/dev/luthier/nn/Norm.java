package dev.luthier.nn;

/** A normalization over the last dimension. */
public interface Norm {
  /** x (..., D) to (..., D) in x's dtype. */
  Value forward(Value x);
}
