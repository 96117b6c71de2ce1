package dev.luthier.optim;

import dev.luthier.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Lion: Chen et al., "Symbolic Discovery of Optimization Algorithms", arXiv 2302.06675, algorithm
 * 2. Every weight moves by the learning rate, in the direction of the sign of an interpolated
 * gradient. State is one float32 per weight.
 *
 * @param beta1 weight of the momentum against the gradient in the direction
 * @param beta2 decay rate of the momentum
 */
public record Lion(double beta1, double beta2) implements UpdateRule {
  @Override
  public List<Slot> slots(long... shape) {
    return List.of(Slot.perElement("exp_avg", shape));
  }

  @Override
  public void update(Tensor p, Tensor g, List<Tensor> state, Step step) {
    Tensor m = state.get(0);
    Tensor direction = m.lerp(g, Tensors.scalar(1 - beta1)).sign_();
    if (step.weightDecay() != 0) {
      p.mul_(Tensors.scalar(1 - step.learningRate() * step.weightDecay()));
    }
    p.add_(direction, Tensors.scalar(-step.learningRate()));
    m.lerp_(g, Tensors.scalar(1 - beta2));
  }

  @Override
  public long workingBytes(long... shape) {
    return Float.BYTES * StateLayout.of(this, shape).slice();
  }
}
