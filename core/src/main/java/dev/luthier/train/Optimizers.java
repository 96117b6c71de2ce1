package dev.luthier.train;

import dev.luthier.nn.ModulePatterns;
import dev.luthier.optim.Adafactor;
import dev.luthier.optim.AdamW;
import dev.luthier.optim.AdamW8bit;
import dev.luthier.optim.Lion;
import dev.luthier.optim.Optimizer;
import dev.luthier.optim.OptimizerBytes;
import dev.luthier.optim.Sgd;
import dev.luthier.optim.UpdateRule;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * How each parameter is updated: a function of the settings and of its name and shape, so that it
 * is known before anything is allocated.
 */
public final class Optimizers {
  /** State of fewer weights than this is not paged, as in bitsandbytes. */
  private static final long SMALLEST_PAGED = 100_000;

  /** State of fewer weights than this stays in 32 bits, as in bitsandbytes. */
  private static final long SMALLEST_8BIT = 4096;

  private Optimizers() {}

  /**
   * The optimizer of a run.
   *
   * @param parameters by name
   * @param scratch the file for state that is paged
   */
  public static Optimizer create(
      TrainSettings settings, Map<String, Tensor> parameters, Device device, Path scratch) {
    Map<String, Optimizer.Parameter> out = new LinkedHashMap<>();
    parameters.forEach(
        (name, p) ->
            out.put(
                name,
                new Optimizer.Parameter(
                    p,
                    rule(settings, name, Tensors.shape(p)),
                    rateFactor(settings, name),
                    weightDecay(settings, name),
                    isPaged(settings, Tensors.shape(p)))));
    return new Optimizer(out, device, scratch);
  }

  /** The same outside a run: what is paged lies in the system's folder for temporary files. */
  public static Optimizer create(
      TrainSettings settings, Map<String, Tensor> parameters, Device device) {
    String name = "luthier-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    Path scratch = Path.of(System.getProperty("java.io.tmpdir", ""), name + ".pages");
    return create(settings, parameters, device, scratch);
  }

  /** What the optimizer will take for a parameter of this name and shape. */
  public static OptimizerBytes bytes(TrainSettings settings, String name, long... shape) {
    return OptimizerBytes.of(rule(settings, name, shape), isPaged(settings, shape), shape);
  }

  private static UpdateRule rule(TrainSettings s, String name, long... shape) {
    return switch (s.optimizer()) {
      case ADAMW, PAGED_ADAMW -> adamW(s);
      case ADAMW_8BIT, PAGED_ADAMW_8BIT ->
          hasCodes(name, shape) ? new AdamW8bit(adamW(s)) : adamW(s);
      case SGD -> new Sgd(s.momentum(), s.nesterov());
      case ADAFACTOR -> new Adafactor(s.adafactor(), s.beta1());
      case LION -> new Lion(s.beta1().orElse(0.9), s.beta2().orElse(0.99));
    };
  }

  private static AdamW adamW(TrainSettings s) {
    return new AdamW(s.beta1().orElse(0.9), s.beta2().orElse(0.999), s.epsilon());
  }

  /**
   * An embedding's rows get gradients by turns of very different size, which one scale for many
   * does not suit.
   */
  private static boolean hasCodes(String name, long... shape) {
    return elements(shape) >= SMALLEST_8BIT && !name.contains("embed");
  }

  private static boolean isPaged(TrainSettings s, long... shape) {
    return s.optimizer().isPaged() && elements(shape) >= SMALLEST_PAGED;
  }

  private static long elements(long... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /**
   * What the learning rate is multiplied with: the pattern's factor, and for LoRA's B the ratio of
   * Hayou et al., "LoRA+", arXiv 2402.12354, section 4.
   */
  static double rateFactor(TrainSettings settings, String name) {
    double ratio = name.endsWith(".lora_B.weight") ? settings.loraPlusRatio() : 1;
    return ratio * ModulePatterns.find(settings.learningRatePattern(), module(name), 1.0);
  }

  /** The pattern's; else norms and biases do not decay, as Hugging Face's Trainer has it. */
  static double weightDecay(TrainSettings settings, String name) {
    double otherwise = isMatrix(name) ? settings.weightDecay() : 0;
    return ModulePatterns.find(settings.weightDecayPattern(), module(name), otherwise);
  }

  /** Whether a parameter of this name is neither a norm's nor a bias. */
  static boolean isMatrix(String name) {
    return !name.endsWith(".bias") && !name.matches("(.*[._])?(layer)?norm[0-9]*\\.weight");
  }

  private static String module(String name) {
    return name.replaceAll("\\.(weight|bias)$", "");
  }
}
