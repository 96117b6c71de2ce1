package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A learned bias of each head for the distance between a query and a key. Distances fall into
 * buckets: near ones have one each, farther ones share, logarithmically. Raffel et al., "Exploring
 * the Limits of Transfer Learning with a Unified Text-to-Text Transformer", arXiv 1910.10683,
 * section 2.1.
 *
 * @param weight (buckets, H)
 * @param farthest distance, from which all share the last bucket
 * @param bothWays whether keys may stand after their query, which has half of the buckets
 * @param compute dtype of the bias
 * @param device where it is
 */
public record RelativeBias(
    Tensor weight, int farthest, boolean bothWays, ScalarType compute, Device device) {
  /**
   * The bias (1, H, T, S) of the last T of S tokens.
   *
   * @param tape to record on, or null
   */
  public Value forward(int queries, int keys, @Nullable Tape tape) {
    try (Op op = new Op()) {
      Tensor ids = Tensors.longs(buckets(queries, keys), device, queries, keys);
      Tensor rows = torch.embedding(Tensors.cast(weight.detach(), compute), ids); // (T, S, H)
      Tensor bias = op.out(rows.permute(2, 0, 1).unsqueeze(0).contiguous());
      boolean wanted = tape != null && weight.requires_grad();
      if (tape == null) {
        return Value.of(bias);
      }
      Value out = Value.leaf(tape, bias, wanted);
      if (wanted) {
        tape.record(new Step(this, out, op.out(ids)), out);
      }
      return out;
    }
  }

  /** The buckets (T, S) of the last T of S tokens. */
  long[] buckets(int queries, int keys) {
    long[] byDistance = new long[queries + keys - 1]; // from 1 - S to T - 1
    Arrays.setAll(byDistance, i -> bucket(i + 1 - keys));
    long[] out = new long[Math.multiplyExact(queries, keys)];
    for (int q = 0; q < queries; q++) {
      System.arraycopy(byDistance, queries - 1 - q, out, q * keys, keys);
    }
    return out;
  }

  /**
   * The bucket of a distance.
   *
   * @param distance key minus query
   */
  int bucket(int distance) {
    int buckets = Math.toIntExact(weight.size(0));
    int first = 0;
    int n = -Math.min(distance, 0);
    if (bothWays) {
      buckets /= 2;
      first = distance > 0 ? buckets : 0;
      n = Math.abs(distance);
    }
    int exact = buckets / 2;
    if (n < exact) {
      return first + n;
    }
    // In float32 and cut off, as the original does, so that edges fall where it trained them.
    float share = (float) Math.log((float) n / exact) / (float) Math.log((double) farthest / exact);
    return first + Math.min(buckets - 1, exact + (int) (share * (buckets - exact)));
  }

  private record Step(RelativeBias bias, Value y, Tensor ids) implements Tape.Step {
    @Override
    public void backward() {
      long heads = bias.weight.size(1);
      Tensor dy = y.gradient().squeeze(0).permute(1, 2, 0).reshape(-1, heads); // (T * S, H)
      Tensor sum =
          torch.zeros(
              new long[] {bias.weight.size(0), heads},
              Tensors.options(ScalarType.Float, bias.device));
      sum.index_add_(0, ids.flatten(), Tensors.cast(dy, ScalarType.Float));
      Gradient.add(bias.weight, sum, 1);
    }

    @Override
    public void release() {
      ids.close();
    }
  }
}
