package dev.luthier.tensor;

import java.util.Locale;

/** The number format that a model computes in; what is trained is kept in float32 regardless. */
public enum ComputeDtype {
  /** IEEE single precision, 4 bytes. */
  FLOAT32,
  /** The upper half of a float32, 2 bytes. */
  BFLOAT16;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
