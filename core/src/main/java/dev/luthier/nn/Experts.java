package dev.luthier.nn;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Operators;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A sparse mixture of experts: a router gives each token to few of them and weighs what they say.
 * The weights are the softmax over all experts, scaled to a sum of 1 over the chosen ones. Jiang et
 * al., "Mixtral of Experts", arXiv 2401.04088, section 2.1.
 */
public final class Experts {
  private Experts() {}

  /** What an expert says. */
  @FunctionalInterface
  public interface Expert {
    /**
     * (n, D) to (n, D).
     *
     * @param number which expert
     * @param rows int64 (n), rising: which of the N tokens they are
     */
    Value apply(int number, Value x, Tensor rows);
  }

  /**
   * The mixture's value.
   *
   * @param x (B, T, D)
   * @param router (N, D) to logits (N, experts)
   * @param chosen k, how many experts a token is given to
   * @param expert what each expert says
   * @param layer names it to the pass' balance, which hears of the choice
   * @return (B, T, D)
   */
  public static Value forward(
      Value x,
      UnaryOperator<Value> router,
      int chosen,
      Expert expert,
      int experts,
      Object layer,
      Pass pass) {
    long[] shape = Tensors.shape(x.tensor());
    Value rows = x.view(t -> t.view(-1, shape[shape.length - 1])); // (N, D)
    Choice choice = choose(router.apply(rows), chosen, layer, pass);
    List<Share> shares = new ArrayList<>();
    for (int e = 0; e < experts; e++) {
      Tensor at = choice.experts.eq(Tensors.scalar(e)).nonzero(); // (n, 2): row and place
      if (at.size(0) > 0) {
        Tensor tokens = at.select(1, 0).contiguous();
        Tensor entries = tokens.mul(new Scalar((long) chosen)).add_(at.select(1, 1));
        shares.add(new Share(tokens, entries, expert.apply(e, gather(rows, tokens), tokens)));
      }
    }
    return combine(rows, choice.weights, shares).view(t -> t.view(shape));
  }

  /**
   * Which experts a token is given to.
   *
   * @param weights (N, k)
   * @param experts int64 (N, k)
   */
  private record Choice(Value weights, Tensor experts) {}

  /**
   * What an expert says.
   *
   * @param tokens int64 (n): which rows it was given
   * @param entries int64 (n): where their weights stand among the N k
   * @param said (n, D)
   */
  private record Share(Tensor tokens, Tensor entries, Value said) {}

  private static Choice choose(Value logits, int chosen, Object layer, Pass pass) {
    Tensor p = logits.tensor().to(ScalarType.Float).softmax(-1); // (N, E)
    T_TensorTensor_T top = torch.topk(p, chosen);
    Tensor largest = new Tensor(top.get0());
    Tensor experts = new Tensor(top.get1());
    Tensor sum = largest.sum(new long[] {-1}, true, null); // (N, 1)
    Tensor w = largest.div(sum); // (N, k)
    Balance balance = pass.balance();
    Tensor real = balance == null ? p : floats(p, real(pass.places()), p.size(0), 1);
    if (balance != null) {
      Tensor marked = torch.zeros_like(p).scatter_(1, experts, Tensors.scalar(1));
      balance.note(layer, p, marked, real);
    }
    Tape tape = logits.tape();
    if (tape == null) {
      return new Choice(Value.of(w), experts);
    }
    Value weights = Value.leaf(tape, w, logits.wanted());
    if (weights.wanted()) {
      tape.record(
          () -> {
            Tensor dw = weights.gradient();
            Tensor mean = dw.mul(w).sum(new long[] {-1}, true, null);
            Tensor dp = torch.zeros_like(p).scatter_(1, experts, dw.sub(mean).div_(sum));
            if (balance != null) {
              float[] each = balance.gradient();
              dp.add_(real.mul(floats(p, each, 1, each.length)));
            }
            Tensor dlogits = Operators.softmaxBackward(dp, p);
            logits.give(Tensors.cast(dlogits, Tensors.dtype(logits.tensor())));
          },
          weights);
    }
    return new Choice(weights, experts);
  }

  /** 1 for each new token that is real, 0 for padding. */
  private static float[] real(Places places) {
    float[] out = new float[places.rows() * places.queries()];
    long[] documents = places.queryDocuments();
    for (int i = 0; i < out.length; i++) {
      out[i] = documents[i] == 0 ? 0 : 1;
    }
    return out;
  }

  private static Tensor floats(Tensor like, float[] values, long... shape) {
    return Tensors.floats(values, Device.CPU, shape)
        .to(like.device(), ScalarType.Float, false, false, null);
  }

  private static Value gather(Value rows, Tensor tokens) {
    Value some =
        Value.lazy(rows.tape(), rows.wanted(), () -> rows.tensor().index_select(0, tokens));
    Tape tape = rows.tape();
    if (tape != null && some.wanted()) {
      tape.record(
          () -> {
            Tensor all = torch.zeros_like(rows.tensor());
            rows.give(all.index_add_(0, tokens, some.gradient()));
          },
          some);
    }
    return some;
  }

  private static Value combine(Value rows, Value weights, List<Share> shares) {
    boolean wanted = weights.wanted() || shares.stream().anyMatch(s -> s.said.wanted());
    Value sum =
        Value.lazy(
            rows.tape(),
            wanted,
            () -> {
              Tensor out = torch.zeros_like(rows.tensor());
              for (Share s : shares) {
                out.index_add_(0, s.tokens, s.said.tensor().mul(weight(weights, s)));
              }
              return out;
            });
    Tape tape = rows.tape();
    if (tape != null && wanted) {
      tape.record(() -> backward(sum.gradient(), weights, shares), sum);
    }
    return sum;
  }

  /** The weights of what an expert says, (n, 1), in its dtype. */
  private static Tensor weight(Value weights, Share s) {
    Tensor w = weights.tensor().view(-1).index_select(0, s.entries).unsqueeze(1);
    return Tensors.cast(w, Tensors.dtype(s.said.tensor()));
  }

  private static void backward(Tensor dy, Value weights, List<Share> shares) {
    Tensor dw = torch.zeros_like(weights.tensor());
    for (Share s : shares) {
      Tensor mine = dy.index_select(0, s.tokens); // (n, D)
      Tensor along =
          mine.mul(s.said.tensor()).to(ScalarType.Float).sum(new long[] {-1}, false, null);
      dw.view(-1).index_copy_(0, s.entries, along);
      if (s.said.wanted()) {
        s.said.give(mine.mul(weight(weights, s)));
      }
    }
    if (weights.wanted()) {
      weights.give(dw);
    }
  }
}
