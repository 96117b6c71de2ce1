package dev.luthier.train;

import java.util.Locale;

/** How the learning rate moves after its warmup. */
public enum ScheduleKind {
  /** Falls to 0 in a straight line. */
  LINEAR,
  /** Falls to 0 along half a cosine. */
  COSINE,
  /** Falls along half a cosine to {@code floorRatio} of the peak. */
  COSINE_WITH_FLOOR,
  /** Stays at the peak. */
  CONSTANT,
  /** Warmup, stable, decay: stays at the peak, then falls over the last {@code decayRatio}. */
  WSD;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
