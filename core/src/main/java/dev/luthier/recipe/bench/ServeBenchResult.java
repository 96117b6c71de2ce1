package dev.luthier.recipe.bench;

import dev.luthier.serve.EngineSettings;
import java.util.List;
import java.util.Optional;

/**
 * How fast an engine writes.
 *
 * @param bandwidth bytes per second that this machine reads, the most measured between the runs
 * @param decoding one text alone, for each way to hold matrices
 * @param alone tokens per second of requests one after another
 * @param together the same of all at once
 * @param mixing the same with adapters
 */
public record ServeBenchResult(
    ServeBenchSettings settings,
    double bandwidth,
    List<Decoding> decoding,
    double alone,
    double together,
    Optional<Mixing> mixing) {
  /**
   * One text alone.
   *
   * @param secondsPerToken the median
   * @param bytesPerToken of matrices
   */
  public record Decoding(
      EngineSettings.Weights weights, double secondsPerToken, long bytesPerToken) {
    /** Share of the bandwidth at which matrices are read. */
    public double ratio(double bandwidth) {
      return bytesPerToken / secondsPerToken / bandwidth;
    }
  }

  /**
   * All requests at once, in tokens per second.
   *
   * @param one with one adapter for all
   * @param many with a mixture
   */
  public record Mixing(double one, double many) {
    /** The share of speed that the mixture costs. */
    public double cost() {
      return 1 - many / one;
    }
  }
}
