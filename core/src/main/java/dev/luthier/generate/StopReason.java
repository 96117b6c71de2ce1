package dev.luthier.generate;

import java.util.Locale;

/** Why a text ended. */
public enum StopReason {
  /** A stop token or a stop string. */
  STOP,
  /** The largest number of new tokens was reached. */
  LENGTH,
  /** The model's context is full. */
  CONTEXT,
  /** The caller asked. */
  CANCELLED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
