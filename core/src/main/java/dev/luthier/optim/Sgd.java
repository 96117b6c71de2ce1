package dev.luthier.optim;

import dev.luthier.tensor.Operators;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Stochastic gradient descent with momentum, as PyTorch has it: Sutskever et al., "On the
 * Importance of Initialization and Momentum in Deep Learning", ICML 2013, where PyTorch leaves the
 * learning rate out of the velocity. Weight decay is added to the gradient. State is one float32
 * per weight with momentum, and nothing without.
 *
 * @param momentum share of the velocity that stays, from 0 to below 1
 * @param nesterov whether the gradient is looked up ahead of the velocity
 */
public record Sgd(double momentum, boolean nesterov) implements UpdateRule {
  @Override
  public List<Slot> slots(long... shape) {
    return momentum == 0 ? List.of() : List.of(Slot.perElement("momentum_buffer", shape));
  }

  @Override
  public void update(Tensor p, Tensor g, List<Tensor> state, Step step) {
    Operators.sgd(p, g, state, step.learningRate(), momentum, nesterov, step.weightDecay());
  }
}
