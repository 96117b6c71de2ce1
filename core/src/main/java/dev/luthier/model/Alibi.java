package dev.luthier.model;

import dev.luthier.nn.Parameters;
import dev.luthier.nn.Places;
import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Distances as a bias on the scores: a slope for each head, times the key's position. Press et al.,
 * "Train Short, Test Long: Attention with Linear Biases", arXiv 2108.12409.
 */
final class Alibi {
  private Alibi() {}

  /**
   * The bias (B, H, 1, S) of a pass. A softmax does not see what is added to all keys, so the key's
   * position says as much as its distance.
   *
   * @param scale what the bias is multiplied by
   * @param rounding the dtype in which slope and position are multiplied
   */
  static Tensor bias(
      Places places, int heads, double scale, ScalarType rounding, Parameters parameters) {
    long[] counted = places.countedKeys();
    float[] positions = new float[counted.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = Math.max(0, counted[i]);
    }
    int rows = places.rows();
    Tensor at = Tensors.floats(positions, parameters.device(), rows, 1, 1, places.keys());
    Tensor slopes = Tensors.floats(slopes(heads), parameters.device(), 1, heads, 1, 1);
    Tensor product = Tensors.cast(slopes, rounding).mul(Tensors.cast(at, rounding));
    Tensor bias = Tensors.cast(product, ScalarType.Float).mul(Tensors.scalar(scale));
    return Tensors.cast(bias, parameters.compute());
  }

  /** Powers of 2^(-8/n) for n heads; those of a number that is no power of two come between. */
  static float[] slopes(int heads) {
    int power = Integer.highestOneBit(heads);
    double base = Math.pow(2, -Math.pow(2, -(log2(power) - 3)));
    double between = Math.pow(2, -Math.pow(2, -(log2(2 * power) - 3)));
    float[] out = new float[heads];
    for (int i = 0; i < heads; i++) {
      out[i] = (float) (i < power ? Math.pow(base, i + 1) : Math.pow(between, 2 * (i - power) + 1));
    }
    return out;
  }

  private static int log2(int power) {
    return Integer.numberOfTrailingZeros(power);
  }
}
