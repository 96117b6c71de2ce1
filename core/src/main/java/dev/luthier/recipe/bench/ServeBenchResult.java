package dev.luthier.recipe.bench;

import java.util.List;
import java.util.Optional;

/**
 * How fast an engine writes.
 *
 * @param decoding one text alone, for each way to hold matrices
 * @param llama the same by llama.cpp
 * @param alone tokens per second of requests one after another
 * @param together the same of all at once
 * @param mixing the same with adapters
 */
public record ServeBenchResult(
    ServeBenchSettings settings,
    List<Decoding> decoding,
    List<Decoding> llama,
    double alone,
    double together,
    Optional<Mixing> mixing) {
  /**
   * One text alone.
   *
   * @param weights how matrices are held
   * @param secondsPerToken the median over several texts
   * @param bytesPerToken of matrices
   * @param bandwidth bytes per second that this machine reads, the median of measurements between
   *     the texts
   */
  public record Decoding(
      String weights, double secondsPerToken, long bytesPerToken, double bandwidth) {
    /** Share of the bandwidth at which matrices are read. */
    public double ratio() {
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
