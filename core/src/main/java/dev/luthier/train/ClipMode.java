package dev.luthier.train;

import java.util.Locale;

/** How the gradients' global norm is learnt before they are clipped to it. */
public enum ClipMode {
  /** All gradients are there together. */
  GLOBAL,
  /** By a way back of its own, whose gradients are dropped. */
  TWO_PASS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
