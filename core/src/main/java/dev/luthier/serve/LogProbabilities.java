package dev.luthier.serve;

import dev.luthier.serve.EngineListener.ScoredToken;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** What the model itself thinks of a token, and of others in its place. */
final class LogProbabilities {
  private LogProbabilities() {}

  /**
   * A token's, under the softmax of the scores.
   *
   * @param scores (V); null for none, which gives 0
   * @param logSum the logarithm of the sum of their exponentials
   * @param count of alternatives
   */
  static ScoredToken of(int id, float @Nullable [] scores, double logSum, int count) {
    if (scores == null) {
      return new ScoredToken(id, 0, List.of());
    }
    List<ScoredToken> alternatives = new ArrayList<>();
    for (int best : best(scores, count)) {
      alternatives.add(new ScoredToken(best, (float) (scores[best] - logSum), List.of()));
    }
    return new ScoredToken(id, (float) (scores[id] - logSum), alternatives);
  }

  /**
   * Tokens under the softmax of a row each.
   *
   * @param logits (N, V) in float32
   * @param ids (N)
   * @param count of alternatives
   * @param device where the logits are
   */
  static List<ScoredToken> ofRows(Tensor logits, int[] ids, int count, Device device) {
    List<ScoredToken> out = new ArrayList<>();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor all = torch.log_softmax(logits, 1);
      long[] longs = Arrays.stream(ids).asLongStream().toArray();
      Tensor index = Tensors.longs(longs, device, ids.length, 1);
      float[] own = Tensors.toFloats(all.gather(1, index));
      int most = Math.toIntExact(Math.min(count, all.size(1)));
      T_TensorTensor_T top = torch.topk(all, most);
      float[] best = Tensors.toFloats(top.get0());
      long[] bestIds = Tensors.toLongs(top.get1());
      for (int i = 0; i < ids.length; i++) {
        List<ScoredToken> alternatives = new ArrayList<>();
        for (int k = i * most; k < (i + 1) * most; k++) {
          alternatives.add(new ScoredToken((int) bestIds[k], best[k], List.of()));
        }
        out.add(new ScoredToken(ids[i], own[i], alternatives));
      }
    }
    return out;
  }

  /** The indices of the largest, best first; of equals the first. */
  private static List<Integer> best(float[] scores, int count) {
    Comparator<Integer> better =
        Comparator.<Integer>comparingDouble(i -> -scores[i]).thenComparing(i -> i);
    PriorityQueue<Integer> best = new PriorityQueue<>(better.reversed());
    for (int i = 0; i < scores.length && count > 0; i++) {
      if (best.size() < count) {
        best.add(i);
      } else if (scores[i] > scores[best.element()]) {
        best.remove();
        best.add(i);
      }
    }
    return best.stream().sorted(better).toList();
  }
}
