package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import java.util.IdentityHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The loss that keeps a mixture's experts equally busy: {@code c E sum_e f_e P_e} over the real
 * tokens of all layers, f being how often an expert is chosen for each token and P its mean
 * probability. Fedus et al., "Switch Transformers", arXiv 2101.03961, section 2.2; several choices
 * count as in Mixtral.
 *
 * <p>Layers tell what they chose on the way forward, so that on the way back f is known.
 */
public final class Balance {
  private final double coefficient;
  private final Map<Object, float[][]> layers = new IdentityHashMap<>();
  private double weight;

  /**
   * @param coefficient c
   */
  public Balance(double coefficient) {
    this.coefficient = coefficient;
  }

  /**
   * What a layer chose; a layer that runs again says the same again.
   *
   * @param p (N, E) probabilities
   * @param chosen (N, E) 1 where an expert is chosen
   * @param real (N, 1) 1 for real tokens
   */
  void note(Object layer, Tensor p, Tensor chosen, Tensor real) {
    layers.put(
        layer,
        new float[][] {
          Tensors.toFloats(chosen.mul(real).sum(0)),
          Tensors.toFloats(p.mul(real).sum(0)),
          Tensors.toFloats(real.sum())
        });
  }

  /** The loss over all layers so far. */
  public double loss() {
    double[] f = shares(0);
    double[] mean = shares(1);
    double sum = 0;
    for (int e = 0; e < f.length; e++) {
      sum += f[e] * mean[e];
    }
    return coefficient * f.length * sum;
  }

  /** From now on gradients are those of the loss times this. */
  public void weigh(double by) {
    weight = by;
  }

  /** The gradient of each real token's probabilities: (E). */
  float[] gradient() {
    double[] f = shares(0);
    float[] out = new float[f.length];
    for (int e = 0; e < f.length; e++) {
      out[e] = (float) (weight * coefficient * f.length * f[e] / tokens());
    }
    return out;
  }

  private double tokens() {
    return Math.max(1, layers.values().stream().mapToDouble(l -> l[2][0]).sum());
  }

  /** Sums of all layers, by expert, over the number of tokens. */
  private double[] shares(int which) {
    int experts = layers.values().stream().mapToInt(l -> l[which].length).max().orElse(0);
    double[] out = new double[experts];
    for (float[][] layer : layers.values()) {
      for (int e = 0; e < experts; e++) {
        out[e] += layer[which][e] / tokens();
      }
    }
    return out;
  }
}
