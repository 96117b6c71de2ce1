package dev.luthier.generate;

import dev.luthier.model.Transformer;
import dev.luthier.nn.KvCache;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The model's forward pass without gradients; of its activations one block's exist at a time. */
public final class Inference {
  private Inference() {}

  /**
   * What the last block gives.
   *
   * @param tokens (B, T)
   * @param caches one for each block, or none when the tokens are whole sequences
   * @return (B, T, D), before the final norm; it belongs to the innermost scope, which there must
   *     be
   */
  public static Tensor hidden(Transformer model, Tensor tokens, Pass pass, List<KvCache> caches) {
    return hidden(
        model,
        tokens,
        pass,
        i -> caches.isEmpty() ? pass : pass.withCache(caches.get(i)),
        (i, x, p) -> model.blocks().get(i).forward(Value.of(x), p).tensor());
  }

  /** How blocks run. */
  @FunctionalInterface
  public interface Blocks {
    /**
     * One block's pass.
     *
     * @param x (B, T, D)
     * @return (B, T, D)
     */
    Tensor forward(int block, Tensor x, Pass pass);
  }

  /**
   * What the last block gives.
   *
   * @param tokens (B, T)
   * @param pass the embedding's
   * @param passes the same for the block of this number
   * @param blocks how a block runs
   * @return (B, T, D), as above
   */
  public static Tensor hidden(
      Transformer model, Tensor tokens, Pass pass, IntFunction<Pass> passes, Blocks blocks) {
    PointerScope outer = PointerScope.getInnerScope();
    try (Grad off = Grad.off()) {
      Tensor x;
      try (PointerScope scope = new PointerScope()) {
        x = Tensors.pin(model.embed(tokens, pass, null).tensor()); // (B, T, D)
      }
      for (int i = 0; i < model.blocks().size(); i++) {
        Tensor in = x;
        try (PointerScope scope = new PointerScope()) {
          x = Tensors.pin(blocks.forward(i, in, passes.apply(i))); // (B, T, D)
        } finally {
          Tensors.release(in);
        }
      }
      outer.attach(x);
      Tensors.release(x);
      return x;
    }
  }

  /**
   * Hidden states after the final norm.
   *
   * @param hidden (..., D), before it
   * @return (..., D) in float32
   */
  public static Tensor finished(Transformer model, Tensor hidden, Pass pass) {
    try (Grad off = Grad.off()) {
      return Tensors.cast(model.finish(Value.of(hidden), pass).tensor(), ScalarType.Float);
    }
  }

  /**
   * The logits of hidden states.
   *
   * @param hidden (N, D), before the final norm
   * @return (N, V) in float32
   */
  public static Tensor logits(Transformer model, Tensor hidden, Pass pass) {
    try (Grad off = Grad.off()) {
      Value logits = model.logits(Value.of(hidden), pass); // (N, V)
      return Tensors.cast(logits.tensor(), ScalarType.Float);
    }
  }
}
