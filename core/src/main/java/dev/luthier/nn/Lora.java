package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Low-rank adaptation: {@code y = W x + s B A dropout(x)}, with s = alpha / R, or alpha / sqrt(R)
 * for rsLoRA.
 *
 * <p>Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", arXiv 2106.09685, section
 * 4.1; Kalajdzievski, "A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", arXiv
 * 2312.03732.
 *
 * @param a (R, in), float32
 * @param b (out, R), float32
 * @param scale s
 * @param dropout probability that an input element is dropped on its way to A
 */
record Lora(Tensor a, Tensor b, double scale, double dropout) {
  /** What is added to W: (out, in), float32. */
  Tensor delta() {
    return torch.matmul(b.detach(), a.detach()).mul_(Tensors.scalar(scale));
  }

  int rank() {
    return Math.toIntExact(a.size(0));
  }
}
