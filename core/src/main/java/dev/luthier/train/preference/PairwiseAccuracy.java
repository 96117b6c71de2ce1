package dev.luthier.train.preference;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How well scores order pairs.
 *
 * @param accuracy the share of pairs in which the chosen answer has the higher score; equal scores
 *     count half
 * @param low where a 95 % confidence interval of it begins (Wilson, 1927)
 * @param high where it ends
 * @param calibrationError how far, on average, the probability that the scores give to the answer
 *     they prefer is from how often that is right: over ten bins of probabilities from 0.5 to 1,
 *     weighted by pairs (Naeini et al., "Obtaining Well Calibrated Probabilities", AAAI 2015)
 */
public record PairwiseAccuracy(double accuracy, double low, double high, double calibrationError) {
  /** Standard deviations of a normal variable that 95 % lie within. */
  private static final double Z = 1.959963984540054;

  private static final int BINS = 10;

  /**
   * Of these pairs.
   *
   * @param apart the chosen answer's score less the rejected one's, of each
   */
  public static PairwiseAccuracy of(double... apart) {
    double right = 0;
    double[] sure = new double[BINS];
    double[] hit = new double[BINS];
    for (double d : apart) {
      double is = d > 0 ? 1 : d < 0 ? 0 : 0.5;
      double p = Logistic.of(Math.abs(d)); // 0.5 to 1
      int bin = Math.min(BINS - 1, (int) ((p - 0.5) * 2 * BINS));
      right += is;
      sure[bin] += p;
      hit[bin] += is;
    }
    double n = apart.length;
    double error = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(sure[bin] - hit[bin]) / n;
    }
    double share = right / n;
    double scale = 1 + Z * Z / n;
    double centre = (share + Z * Z / (2 * n)) / scale;
    double half = Z * Math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / scale;
    return new PairwiseAccuracy(share, centre - half, centre + half, error);
  }

  Map<String, Double> figures() {
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("accuracy", accuracy);
    out.put("accuracy_low", low);
    out.put("accuracy_high", high);
    out.put("calibration_error", calibrationError);
    return out;
  }
}
