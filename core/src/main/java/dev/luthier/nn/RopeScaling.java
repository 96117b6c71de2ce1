package dev.luthier.nn;

import java.util.List;

/**
 * The rotary frequencies of a head and how they are changed to reach beyond the trained context.
 * Everything is computed in float32 in Hugging Face's order of operations, so that long positions
 * land on the same angles.
 *
 * @param type which rule
 * @param headDim how many of a head's numbers are turned
 * @param theta base of the frequencies
 * @param factor how far the context is stretched
 * @param maxPositions {@code max_position_embeddings}
 * @param originalPositions the trained context: {@code original_max_position_embeddings}, or
 *     maxPositions
 * @param lowFrequencyFactor llama3 only
 * @param highFrequencyFactor llama3 only
 * @param betaFast yarn only
 * @param betaSlow yarn only
 * @param truncate yarn only: whether the ramp's ends are rounded to whole dimensions
 * @param attentionFactor what cosines and sines are multiplied by
 * @param shortFactors longrope only: what divides each frequency up to the trained context
 * @param longFactors longrope only: what divides each frequency beyond it
 */
public record RopeScaling(
    Type type,
    int headDim,
    double theta,
    double factor,
    int maxPositions,
    int originalPositions,
    double lowFrequencyFactor,
    double highFrequencyFactor,
    double betaFast,
    double betaSlow,
    boolean truncate,
    double attentionFactor,
    List<Float> shortFactors,
    List<Float> longFactors) {

  /** The rules that Hugging Face knows. */
  public enum Type {
    /** theta^(-2i/E). */
    DEFAULT,
    /**
     * Frequencies divided by the factor. Chen et al., "Position Interpolation", arXiv 2306.15595.
     */
    LINEAR,
    /** theta grows with the longest position once it passes the trained context ("dynamic NTK"). */
    DYNAMIC,
    /** Llama 3.1: low frequencies divided by the factor, high ones kept, a smooth band between. */
    LLAMA3,
    /** Peng et al., "YaRN", arXiv 2309.00071, section 3.4. */
    YARN,
    /** Each frequency divided by a factor of its own. Ding et al., "LongRoPE", arXiv 2402.13753. */
    LONGROPE
  }

  /** Plain frequencies. */
  public static RopeScaling none(int headDim, double theta, int maxPositions) {
    return new RopeScaling(
        Type.DEFAULT,
        headDim,
        theta,
        1,
        maxPositions,
        maxPositions,
        1,
        4,
        32,
        1,
        true,
        1,
        List.of(),
        List.of());
  }

  /**
   * Names the frequencies of a sequence: where two lengths give different ones, keys that were
   * turned for the one do not fit queries of the other.
   *
   * @param length one more than the largest position
   */
  public long regime(long length) {
    return switch (type) {
      case DYNAMIC -> Math.max(length, maxPositions);
      case LONGROPE -> length > originalPositions ? 1 : 0;
      default -> 0;
    };
  }

  /**
   * The E/2 frequencies in radians per position.
   *
   * @param length one more than the largest position of the batch; {@code DYNAMIC} and {@code
   *     LONGROPE} look at it
   */
  public float[] frequencies(long length) {
    return switch (type) {
      case DEFAULT -> plain(theta);
      case LINEAR -> divided(plain(theta), factor);
      case DYNAMIC -> plain(dynamicTheta(length));
      case LLAMA3 -> llama3();
      case YARN -> yarn();
      case LONGROPE -> longRope(length > originalPositions ? longFactors : shortFactors);
    };
  }

  private float[] plain(double base) {
    float[] f = new float[headDim / 2];
    for (int i = 0; i < f.length; i++) {
      f[i] = 1f / (float) Math.pow(base, (float) (2 * i) / headDim);
    }
    return f;
  }

  private float[] longRope(List<Float> factors) {
    float[] f = new float[headDim / 2];
    for (int i = 0; i < f.length; i++) {
      f[i] = 1f / (factors.get(i) * (float) Math.pow(theta, (float) (2 * i) / headDim));
    }
    return f;
  }

  private static float[] divided(float[] f, double factor) {
    for (int i = 0; i < f.length; i++) {
      f[i] /= (float) factor;
    }
    return f;
  }

  private double dynamicTheta(long length) {
    double n = Math.max(length, maxPositions);
    double stretch = factor * n / maxPositions - (factor - 1);
    return theta * Math.pow(stretch, headDim / (headDim - 2.0));
  }

  private float[] llama3() {
    float[] f = plain(theta);
    double lowWavelength = originalPositions / lowFrequencyFactor;
    double highWavelength = originalPositions / highFrequencyFactor;
    for (int i = 0; i < f.length; i++) {
      double wavelength = 2 * Math.PI / f[i];
      if (wavelength > lowWavelength) {
        f[i] /= (float) factor;
      } else if (wavelength >= highWavelength) {
        double smooth =
            (originalPositions / wavelength - lowFrequencyFactor)
                / (highFrequencyFactor - lowFrequencyFactor);
        f[i] = (float) ((1 - smooth) * f[i] / factor + smooth * f[i]);
      }
    }
    return f;
  }

  private float[] yarn() {
    float[] f = plain(theta);
    double low = rampEnd(betaFast);
    double high = rampEnd(betaSlow);
    if (truncate) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, headDim - 1.0);
    if (low == high) {
      high += 0.001;
    }
    for (int i = 0; i < f.length; i++) {
      double interpolated = Math.min(1, Math.max(0, (i - low) / (high - low)));
      f[i] = (float) (f[i] / factor * interpolated + f[i] * (1 - interpolated));
    }
    return f;
  }

  /** The dimension that turns this many times over the trained context. */
  private double rampEnd(double turns) {
    return headDim * Math.log(originalPositions / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }
}
