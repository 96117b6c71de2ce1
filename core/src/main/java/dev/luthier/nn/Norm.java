package dev.luthier.nn;

/** A normalization over the last dimension. */
public interface Norm {
  /** x (..., D) to (..., D) in x's dtype. */
  Value forward(Value x);

  /** How many float32 copies of x there are while it goes backward. */
  default int copies() {
    return 0;
  }
}
