package dev.luthier.nn;

import dev.luthier.nn.ServedAdapter.Addition;
import dev.luthier.tensor.DecodeKernels;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which adapter each token of a pass is given to. The product with the base is one for all tokens;
 * each adapter's two narrow ones run on its own tokens, which stand together. While texts are
 * decoded those of all adapters are one call. Chen et al., "Punica: Multi-Tenant LoRA Serving",
 * arXiv 2310.18547.
 */
public final class RowAdapters {
  /** A kernel adds for all adapters with so few tokens at once. */
  private static final int FEW = 16;

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

  /** Whether a kernel takes all of them: each adapter has few tokens. */
  boolean isFew() {
    return ranges.stream().allMatch(RowAdapters::isFew);
  }

  private static boolean isFew(Range range) {
    return range.count <= FEW;
  }

  /**
   * What the kernel adds.
   *
   * @param entries see {@link DecodeKernels#rowAdapters}
   * @param room numbers that it needs for {@code down}
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Few(long[] entries, long room) {
    static final Few NONE = new Few(new long[0], 0);

    int count() {
      return entries.length / DecodeKernels.ADAPTER_WORDS;
    }
  }

  /**
   * What adapters with few tokens add.
   *
   * @param members whose rows are stacked
   */
  Few few(List<Linear> members) {
    LongStream.Builder few = LongStream.builder();
    long room = 0;
    for (Range range : ranges) {
      for (Linear member : members) {
        Addition addition = isFew(range) ? range.adapter.of(member) : null;
        if (addition != null) {
          few.add(range.from).add(range.count).add(addition.rank()).add(member.out());
          few.add(member.from()).add(addition.addressA()).add(addition.addressB()).add(room);
          few.add(Double.doubleToRawLongBits(addition.scale()));
          room += (long) range.count * addition.rank();
        }
      }
    }
    return new Few(few.build().toArray(), room);
  }

  /**
   * Adds what adapters say.
   *
   * @param y (N, sum of out), added to
   * @param x (N, in)
   * @param members whose rows are stacked
   */
  void addTo(Tensor y, Tensor x, List<Linear> members) {
    boolean kernel = Kernels.take(x) && x.stride(1) == 1 && y.stride(1) == 1;
    for (Range range : ranges) {
      if (!kernel || !isFew(range)) {
        addTo(y, x, members, range);
      }
    }
    Few few = kernel ? few(members) : Few.NONE;
    if (few.room > 0) {
      Tensor down =
          torch.empty(new long[] {few.room}, Tensors.options(ScalarType.Float, Device.CPU), null);
      DecodeKernels.rowAdapters(few.entries, x, y, down);
    }
  }

  private static void addTo(Tensor y, Tensor x, List<Linear> members, Range range) {
    for (Linear member : members) {
      Addition addition = range.adapter.of(member);
      if (addition != null) {
        Tensor down = Products.linear(x.narrow(0, range.from, range.count), addition.a(), null);
        Tensor out = y.narrow(0, range.from, range.count).narrow(1, member.from(), member.out());
        Products.into(out, down, addition.b(), addition.scale(), 1);
      }
    }
  }
}
