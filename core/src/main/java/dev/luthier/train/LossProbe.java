package dev.luthier.train;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Asks a loss that somebody else wrote what it says of a few made-up numbers, before it is trained
 * with, and holds its gradient against central differences of its loss.
 */
public final class LossProbe {
  private static final String SEE = " See docs/objectives.md#what-is-checked";
  private static final double TOLERANCE = 0.01;
  private static final double STEP = 1e-4;

  /** Of float32 numbers. */
  private static final double ROUGH_STEP = 1e-2;

  private final String name;
  private final Consumer<String> warn;

  /**
   * A probe.
   *
   * @param name of the loss, for messages
   * @param warn hears of a gradient that is not the loss's own
   */
  public LossProbe(String name, Consumer<String> warn) {
    this.name = name;
    this.warn = warn;
  }

  /** A loss and its gradient. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Said(double loss, double[] gradient) {}

  /**
   * Asks an objective of label tokens' log-probabilities.
   *
   * @throws LuthierException as {@link #ask} does
   */
  public void ask(Objective objective) {
    float[] weights = {1, 1, 0.5f, 1};
    long[] ids = {3, 5, 2, 7};
    LabelTokens labels = new LabelTokens(new long[] {0, 1, 2, 3}, ids, weights, null, List.of());
    probe(
        at -> {
          float[] floats = new float[at.length];
          for (int i = 0; i < at.length; i++) {
            floats[i] = (float) at[i];
          }
          try (PointerScope scope = new PointerScope()) {
            Objective.Loss loss =
                objective.loss(Tensors.floats(floats, Device.CPU, at.length), labels);
            Tensor gradient = loss.gradient();
            float[] given = Tensors.toFloats(gradient);
            double[] out = new double[given.length];
            Arrays.setAll(out, i -> given[i]);
            return new Said(loss.sum(), out);
          }
        },
        ROUGH_STEP,
        -2.31,
        -0.12,
        -0.94,
        -5.2);
  }

  /**
   * Asks a loss of log-probabilities.
   *
   * @param at nats
   * @throws LuthierException if it fails, or gives another count of numbers, or some that are not
   *     finite
   */
  public void ask(Function<double[], Said> loss, double... at) {
    probe(loss, STEP, at);
  }

  private void probe(Function<double[], Said> loss, double step, double... at) {
    Said said = said(loss, at);
    for (int i = 0; i < at.length; i++) {
      double[] up = at.clone();
      double[] down = at.clone();
      up[i] += step;
      down[i] -= step;
      double slope = (said(loss, up).loss - said(loss, down).loss) / (2 * step);
      if (Math.abs(said.gradient[i] - slope) > TOLERANCE * Math.max(1, Math.abs(slope))) {
        warn.accept(
            String.format(
                Locale.ROOT,
                "warning: %s: the gradient is not that of the loss: it says %.4f where differences"
                    + " of the loss say %.4f. That is right only if a part of the loss is meant to"
                    + " be held constant.%s",
                name,
                said.gradient[i],
                slope,
                SEE));
        return;
      }
    }
  }

  private Said said(Function<double[], Said> loss, double... at) {
    Said out;
    try {
      out = loss.apply(at);
    } catch (RuntimeException e) {
      throw new LuthierException(name + ": its loss failed: " + e + "." + SEE, e);
    }
    if (out.gradient.length != at.length) {
      throw new LuthierException(
          name
              + ": its gradient has "
              + out.gradient.length
              + " numbers for "
              + at.length
              + " log-probabilities."
              + SEE);
    }
    if (!Double.isFinite(out.loss) || !Arrays.stream(out.gradient).allMatch(Double::isFinite)) {
      throw new LuthierException(name + ": its loss or its gradient is not a finite number." + SEE);
    }
    return out;
  }
}
