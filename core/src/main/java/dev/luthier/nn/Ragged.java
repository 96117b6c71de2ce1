package dev.luthier.nn;

import dev.luthier.tensor.DecodeKernels;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The next tokens of texts of any lengths, all in one row without padding: (1, N). Only attention
 * knows which text a token is of, and finds the text's earlier tokens in pages.
 *
 * <pre>
 * ids        5 6 7 8  4  3     positions  0 1 2 3  9  21
 * part       0 0 0 0  1  2     length     4        10 22
 * </pre>
 *
 * <p>Of a few tokens a kernel reads the pages where they are. Of many, with a bias, or without
 * kernels, a text's keys and values are copied out of their pages, for {@link Attention} as it
 * always is. Lives as long as the scope in which it was made.
 */
public final class Ragged {
  /** So many new tokens of a text are worth copying its keys. */
  private static final int MANY = 16;

  private final KvPages pages;
  private final Pass pass;
  private final Tensor slots; // int64 (N): where each token's keys and values go
  private final Tensor table; // int64: the pages of all parts
  private final Tensor few; // int64 (parts, 4): first token, count, length, first place in table
  private final List<Gathered> many = new ArrayList<>();

  /**
   * The next tokens of one text.
   *
   * @param from the first one's place in the row
   * @param count how many
   * @param length tokens of the text with these
   * @param pages where those lie
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Part(int from, int count, int length, int[] pages) {
    LongStream slots(int first) {
      return LongStream.range(first, length)
          .map(i -> pages[(int) i / KvPages.TOKENS] * (long) KvPages.TOKENS + i % KvPages.TOKENS);
    }

    LongStream positions() {
      return LongStream.range(length - count, length);
    }

    Places places() {
      long[] documents = new long[length];
      Arrays.fill(documents, 1);
      return new Places(1, length, count, positions().toArray(), documents, null, 0);
    }
  }

  /** A text whose keys are copied out, and how its tokens see them. */
  private record Gathered(Part part, Tensor slots, List<Pass.View> views) {}

  /**
   * @param parts in the order of their tokens, which follow one another
   * @param of the model's pass over places
   */
  public Ragged(List<Part> parts, KvPages pages, Function<Places, Pass> of, Device device) {
    this.pages = pages;
    this.pass = of.apply(Places.ragged(parts.stream().flatMapToLong(Part::positions).toArray()));
    this.slots = longs(parts.stream().flatMapToLong(p -> p.slots(p.length - p.count)), device);
    this.table =
        longs(parts.stream().flatMapToLong(p -> Arrays.stream(p.pages).asLongStream()), device);
    boolean kernel = device.isCpu() && Kernels.available();
    boolean biased = pass.views().stream().anyMatch(v -> v.bias() != null);
    LongStream.Builder bounds = LongStream.builder();
    int at = 0;
    int count = 0;
    for (Part p : parts) {
      if (p.count >= MANY || biased || !kernel) {
        many.add(new Gathered(p, longs(p.slots(0), device), of.apply(p.places()).views()));
      } else {
        bounds.add(p.from).add(p.count).add(p.length).add(at);
        count++;
      }
      at += p.pages.length;
    }
    this.few = longs(bounds.build(), device).view(count, 4);
  }

  /** Whether one kernel attends for all texts. */
  boolean isFew() {
    return many.isEmpty();
  }

  Tensor slots() {
    return slots;
  }

  Tensor table() {
    return table;
  }

  /** int64 (parts, 4): first token, count, length, first place in the table. */
  Tensor parts() {
    return few;
  }

  KvPages pages() {
    return pages;
  }

  private static Tensor longs(LongStream values, Device device) {
    long[] all = values.toArray();
    return Tensors.longs(all, device, all.length);
  }

  /** What the model is given: the embedding, and each block by its number. */
  public Pass pass(int block) {
    return pass.withRagged(this, block);
  }

  /**
   * Attention of each token over its text, whose pages get its key and value.
   *
   * @param q (1, H, N, E)
   * @param k (1, K, N, E)
   * @param v (1, K, N, E)
   * @param of the block's pass
   * @param view which of its views
   * @return (1, N, H * E)
   */
  Value attend(Value q, Value k, Value v, Pass of, int view, double scale, double cap) {
    try (Op op = new Op()) {
      Tensor keys = pages.keys(of.block());
      Tensor values = pages.values(of.block());
      keys.index_copy_(0, slots, k.tensor().select(0, 0).transpose(0, 1));
      values.index_copy_(0, slots, v.tensor().select(0, 0).transpose(0, 1));
      Tensor x = q.tensor();
      long heads = x.size(1);
      long tokens = x.size(2);
      Tensor y = op.out(torch.empty(new long[] {1, tokens, heads * x.size(3)}, x.options(), null));
      if (few.size(0) > 0) {
        int window = of.views().get(view).attention().window();
        DecodeKernels.pagedAttention(
            x, keys, values, KvPages.TOKENS, few, table, window, scale, cap, y);
      }
      for (Gathered g : many) {
        Pass.View seen = g.views.get(view);
        Value bias = seen.bias() == null ? null : Value.of(seen.bias());
        Value part = Value.of(x.narrow(2, g.part.from, g.part.count));
        Value all =
            Attention.attend(
                part,
                gathered(keys, g.slots),
                gathered(values, g.slots),
                seen.attention(),
                new Attention.Scores(scale, cap, bias));
        y.narrow(1, g.part.from, g.part.count).copy_(all.tensor());
      }
      return Value.of(y);
    }
  }

  /** Those tokens' keys or values: (1, K, S, E). */
  private static Value gathered(Tensor all, Tensor slots) {
    return Value.of(all.index_select(0, slots).transpose(0, 1).contiguous().unsqueeze(0));
  }
}
