package dev.luthier.optim;

import dev.luthier.tensor.Operators;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Adam with decoupled weight decay: Loshchilov and Hutter, "Decoupled Weight Decay Regularization",
 * arXiv 1711.05101, algorithm 2. State is float32, two numbers per weight. PyTorch's fused kernel
 * does it, in one pass over memory: 85M weights took 0.1 s where its separate operators took 0.65
 * s.
 *
 * @param beta1 decay rate of the mean gradient
 * @param beta2 decay rate of the mean squared gradient
 * @param epsilon guard against division by zero
 */
public record AdamW(double beta1, double beta2, double epsilon) implements UpdateRule {
  @Override
  public List<Slot> slots(long... shape) {
    return List.of(Slot.perElement("exp_avg", shape), Slot.perElement("exp_avg_sq", shape));
  }

  @Override
  public void update(Tensor p, Tensor g, List<Tensor> state, Step step) {
    Operators.adamW(
        p,
        g,
        state.get(0),
        state.get(1),
        step.number(),
        step.learningRate(),
        beta1,
        beta2,
        step.weightDecay(),
        epsilon);
  }
}
