package dev.luthier.train;

/**
 * Learning rate by optimizer step, with the conventions of Hugging Face's schedulers: step 0 of a
 * warmup has rate 0, and the decay ends at {@code steps}.
 *
 * @param kind the curve after warmup
 * @param peak the highest rate
 * @param steps optimizer steps in the run
 * @param warmup steps over which the rate rises linearly from 0
 * @param floorRatio where cosine-with-floor and wsd end, as a share of the peak
 * @param decaySteps the last steps, over which wsd decays
 */
public record Schedule(
    ScheduleKind kind, double peak, long steps, long warmup, double floorRatio, long decaySteps) {

  /** The schedule that the settings ask for in a run of this many steps. */
  public static Schedule of(TrainSettings settings, double peak, long steps) {
    long warmup =
        settings.warmupSteps() > 0
            ? settings.warmupSteps()
            : (long) Math.ceil(settings.warmupRatio() * steps);
    long decay = (long) Math.ceil(settings.decayRatio() * steps);
    return new Schedule(settings.schedule(), peak, steps, warmup, settings.floorRatio(), decay);
  }

  /** The rate used in this step, counted from 0. */
  public double rate(long step) {
    if (step < warmup) {
      return peak * step / Math.max(1, warmup);
    }
    double done = (double) (step - warmup) / Math.max(1, steps - warmup);
    return peak
        * switch (kind) {
          case CONSTANT -> 1;
          case LINEAR -> Math.max(0, 1 - done);
          case COSINE -> cosine(done);
          case COSINE_WITH_FLOOR -> floorRatio + (1 - floorRatio) * cosine(done);
          case WSD -> wsd(step);
        };
  }

  private static double cosine(double done) {
    return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * done)));
  }

  /**
   * Warmup, stable, decay: Hu et al., "MiniCPM", arXiv 2404.06395, section 4; the decay is half a
   * cosine, as Hugging Face has it.
   */
  private double wsd(long step) {
    long from = steps - decaySteps;
    if (step < from) {
      return 1;
    }
    double done = Math.min(1, (double) (step - from) / Math.max(1, decaySteps));
    return floorRatio + (1 - floorRatio) * cosine(done);
  }
}
