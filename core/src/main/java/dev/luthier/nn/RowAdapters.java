package dev.luthier.nn;

import dev.luthier.tensor.Products;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Which adapter each token of a pass is given to. The product with the base is one for all tokens;
 * each adapter's two narrow ones run on its own tokens, which stand together. Chen et al., "Punica:
 * Multi-Tenant LoRA Serving", arXiv 2310.18547.
 */
public final class RowAdapters {
  private final List<Range> ranges;

  /**
   * Tokens [from, from + count) are this adapter's. Tokens in no range are the base model's.
   *
   * @param from counted over all tokens of the pass
   */
  public record Range(int from, int count, ServedAdapter adapter) {}

  /**
   * @param ranges in rising order
   */
  public RowAdapters(List<Range> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  /** The same for some of the tokens, in rising order. */
  public RowAdapters of(long... rows) {
    List<Range> out = new ArrayList<>();
    int at = 0;
    for (Range range : ranges) {
      while (at < rows.length && rows[at] < range.from) {
        at++;
      }
      int from = at;
      while (at < rows.length && rows[at] < range.from + range.count) {
        at++;
      }
      if (at > from) {
        out.add(new Range(from, at - from, range.adapter));
      }
    }
    return new RowAdapters(out);
  }

  /**
   * Adds what adapters say.
   *
   * @param y (N, sum of out), added to
   * @param x (N, in)
   * @param members whose rows are stacked
   */
  void addTo(Tensor y, Tensor x, List<Linear> members) {
    for (Range range : ranges) {
      Tensor in = x.narrow(0, range.from, range.count);
      Tensor out = y.narrow(0, range.from, range.count);
      for (Linear member : members) {
        Lora lora = range.adapter.of(member);
        if (lora != null) {
          Tensor down = Products.linear(in, lora.a(), null); // (n, R)
          Products.into(
              out.narrow(1, member.from(), member.out()), down, lora.b().t(), lora.scale(), 1);
        }
      }
    }
  }
}
