package dev.luthier.train;

import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adam with decoupled weight decay, in PyTorch's order of operations. Loshchilov and Hutter,
 * "Decoupled Weight Decay Regularization", arXiv 1711.05101, algorithm 2. State is float32: two
 * numbers per weight.
 */
public final class AdamW {
  private final Map<String, Tensor> parameters;
  private final Predicate<String> decays;
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final double weightDecay;
  private final Map<String, Tensor> mean = new LinkedHashMap<>();
  private final Map<String, Tensor> square = new LinkedHashMap<>();
  private long steps;

  /**
   * @param parameters float32 leaves by name
   * @param decays which of them decay
   */
  public AdamW(
      Map<String, Tensor> parameters,
      Predicate<String> decays,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay) {
    this.parameters = parameters;
    this.decays = decays;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.weightDecay = weightDecay;
    try (Grad off = Grad.off()) {
      parameters.forEach(
          (name, p) -> {
            mean.put(name, Tensors.pin(torch.zeros_like(p)));
            square.put(name, Tensors.pin(torch.zeros_like(p)));
          });
    }
  }

  /** With the run's settings; norms and biases do not decay, as Hugging Face's Trainer has it. */
  public static AdamW of(Map<String, Tensor> parameters, TrainSettings settings) {
    return new AdamW(
        parameters,
        AdamW::isMatrix,
        settings.beta1(),
        settings.beta2(),
        settings.epsilon(),
        settings.weightDecay());
  }

  /** Whether a parameter of this name is neither a norm's nor a bias. */
  static boolean isMatrix(String name) {
    return !name.endsWith(".bias") && !name.matches("(.*[._])?(layer)?norm[0-9]*\\.weight");
  }

  /** One update of every parameter that has a gradient. */
  public void step(double learningRate) {
    steps++;
    double correction1 = 1 - Math.pow(beta1, steps);
    double root2 = Math.sqrt(1 - Math.pow(beta2, steps));
    try (Grad off = Grad.off()) {
      parameters.forEach(
          (name, p) -> {
            try (PointerScope scope = new PointerScope()) {
              Tensor g = p.grad();
              if (g.defined()) {
                update(name, p, g, learningRate, correction1, root2);
              }
            }
          });
    }
  }

  private void update(
      String name, Tensor p, Tensor g, double rate, double correction1, double root2) {
    Tensor m = state(mean, name);
    Tensor v = state(square, name);
    if (weightDecay != 0 && decays.test(name)) {
      p.mul_(Tensors.scalar(1 - rate * weightDecay));
    }
    m.lerp_(g, Tensors.scalar(1 - beta1));
    v.mul_(Tensors.scalar(beta2)).addcmul_(g, g, Tensors.scalar(1 - beta2));
    Tensor denominator = v.sqrt().div_(Tensors.scalar(root2)).add_(Tensors.scalar(epsilon));
    p.addcdiv_(m, denominator, Tensors.scalar(-rate / correction1));
  }

  private static Tensor state(Map<String, Tensor> of, String name) {
    Tensor t = of.get(name);
    if (t == null) {
      throw new IllegalStateException("no optimizer state for " + name);
    }
    return t;
  }

  /** Updates so far. */
  public long steps() {
    return steps;
  }

  /**
   * First and second moments by {@code NAME.exp_avg} and {@code NAME.exp_avg_sq}, PyTorch's names.
   */
  public Map<String, Tensor> state() {
    Map<String, Tensor> out = new LinkedHashMap<>();
    mean.forEach((name, t) -> out.put(name + ".exp_avg", t));
    square.forEach((name, t) -> out.put(name + ".exp_avg_sq", t));
    return out;
  }

  /**
   * Goes on from the moments that {@link #state()} gave; the caller has copied them into its
   * tensors.
   */
  public void resumeAt(long steps) {
    this.steps = steps;
  }
}
