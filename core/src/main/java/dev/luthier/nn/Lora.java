package dev.luthier.nn;

import dev.luthier.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Low-rank adaptation: {@code y = base(x) + s B A dropout(x)}, with s = alpha / R, or alpha /
 * sqrt(R) for rsLoRA.
 *
 * <p>Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", arXiv 2106.09685, section
 * 4.1; Kalajdzievski, "A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", arXiv
 * 2312.03732.
 */
public final class Lora implements Linear {
  private final Linear base;
  private final Tensor a;
  private final Tensor b;
  private final double scale;
  private final double dropout;

  /**
   * @param base what is adapted
   * @param a (R, in), float32
   * @param b (out, R), float32
   * @param scale s
   * @param dropout probability that an input element is dropped on its way to A
   */
  public Lora(Linear base, Tensor a, Tensor b, double scale, double dropout) {
    this.base = base;
    this.a = a;
    this.b = b;
    this.scale = scale;
    this.dropout = dropout;
  }

  @Override
  public Tensor forward(Tensor x, Pass pass) {
    Tensor down = torch.linear(pass.dropout(x, dropout), Tensors.cast(a, x.scalar_type()));
    Tensor up = torch.linear(down.mul(Tensors.scalar(scale)), Tensors.cast(b, x.scalar_type()));
    return base.forward(x, pass).add(up);
  }

  @Override
  public Tensor weight() {
    return base.weight().add(torch.matmul(b.detach(), a.detach()), Tensors.scalar(scale));
  }
}
