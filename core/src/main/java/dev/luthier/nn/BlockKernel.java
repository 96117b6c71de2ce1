package dev.luthier.nn;

import dev.luthier.nn.Weight.Read;
import dev.luthier.tensor.DecodeKernels;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A Llama block's pass over a few tokens as one native call, with the numbers that its layers give
 * one by one. Decoding is bound by reading matrices, and between two products nothing else is read:
 * some 14 operators of a few microseconds each cost a third of the time.
 */
public final class BlockKernel implements AutoCloseable {
  private static final int LAYERS = 4;

  private final Parts parts;
  private final ScalarType dtype;
  private final List<List<Linear>> layers; // queries, keys and values; out; gate and up; down
  private final List<Tensor> own = new ArrayList<>();
  private final Tensor words;
  private final int mostTokens;

  /**
   * What a block is made of: {@code h = x + out(attention(norm1 x))}, then {@code h +
   * down(silu(gate norm2 h) * up norm2 h)}.
   *
   * @param projection whose results are queries, keys and values, in this order
   * @param heads H
   * @param keyHeads K
   * @param scale of the scores
   * @param cap of the scores; 0 for none
   * @param queryNorm over each query head, before it is turned; null for none
   * @param keyNorm over each key head, before it is turned; null for none
   * @param view which of the pass' views it sees by
   * @param gateUp whose results are gate and up
   */
  public record Parts(
      RmsNorm norm1,
      LinearGroup projection,
      int heads,
      int keyHeads,
      double scale,
      double cap,
      @Nullable RmsNorm queryNorm,
      @Nullable RmsNorm keyNorm,
      int view,
      Linear out,
      RmsNorm norm2,
      LinearGroup gateUp,
      Linear down) {
    List<List<Linear>> layers() {
      return List.of(projection.stack(), List.of(out), gateUp.stack(), List.of(down));
    }

    int width() {
      return out.in() / heads;
    }

    boolean isPlain() {
      return norm1.offset() == 0
          && norm2.offset() == 0
          && (queryNorm == null || queryNorm.offset() == 0)
          && (keyNorm == null || keyNorm.offset() == 0)
          && layers().stream().noneMatch(List::isEmpty)
          && layers().stream()
              .flatMap(List::stream)
              .allMatch(l -> l.lora() == null && l.tokens() == null);
    }
  }

  private BlockKernel(Parts parts, ScalarType dtype, List<Read> reads) {
    this.parts = parts;
    this.dtype = dtype;
    this.layers = parts.layers();
    this.mostTokens = reads.stream().mapToInt(Read::mostRows).min().orElse(0);
    try (PointerScope scope = new PointerScope()) {
      LongStream.Builder all = LongStream.builder();
      all.add(parts.out.out()).add(parts.heads).add(parts.keyHeads).add(parts.width());
      all.add(parts.down.in());
      List<@Nullable RmsNorm> norms =
          Arrays.asList(parts.norm1, parts.norm2, parts.queryNorm, parts.keyNorm);
      norms.forEach(n -> all.add(n == null ? 0 : address(keep(n.weight(dtype).contiguous()))));
      norms.forEach(n -> all.add(bits(n == null ? 0 : n.eps())));
      all.add(bits(parts.scale)).add(bits(parts.cap));
      for (int i = 0; i < LAYERS; i++) {
        Read read = reads.get(i);
        Linear first = layers.get(i).get(0);
        all.add(read.kind()).add(rows(i)).add(first.in()).add(read.stride());
        all.add(address(read.codes())).add(address(read.scales())).add(address(read.zeros()));
        Tensor bias = StackedProduct.bias(layers.get(i), dtype);
        all.add(address(bias == null ? null : keep(bias.contiguous())));
      }
      long[] values = all.build().toArray();
      this.words = keep(Tensors.longs(values, Device.CPU, values.length));
    }
  }

  /** The same block as a kernel, if there is one for it. */
  public static Optional<BlockKernel> of(Parts parts, ScalarType dtype) {
    if (!Kernels.available() || !parts.isPlain()) {
      return Optional.empty();
    }
    List<Read> reads = new ArrayList<>();
    for (List<Linear> layer : parts.layers()) {
      Read read = layer.get(0).stack().read(dtype);
      if (read == null || !read.codes().device().is_cpu()) {
        return Optional.empty();
      }
      reads.add(read);
    }
    return Optional.of(new BlockKernel(parts, dtype, reads));
  }

  /**
   * Whether it is for this pass: over few tokens of texts whose keys lie in pages, whose heads are
   * turned whole and in halves, if at all.
   *
   * @param x (1, N, D)
   */
  public boolean takes(Tensor x, Pass pass) {
    Ragged ragged = pass.ragged();
    Pass.View view = pass.views().get(parts.view);
    Rotary.Tables turned = view.rotary();
    RowAdapters adapters = pass.adapters();
    return ragged != null
        && ragged.isFew()
        && x.size(1) <= mostTokens
        && Tensors.dtype(x) == dtype
        && Kernels.take(x)
        && view.bias() == null
        && (adapters == null || adapters.isFew())
        && (turned == null
            || turned.pairs() == Rotary.Pairs.HALVES && 2 * turned.cos().size(-1) == parts.width())
        && layers.stream().flatMap(List::stream).allMatch(l -> l.observer() == null);
  }

  /**
   * The block's pass, where {@link #takes} says so.
   *
   * @param x (1, N, D)
   * @return (1, N, D), of the innermost scope
   */
  public Tensor forward(Tensor x, Pass pass) {
    try (Op op = new Op()) {
      int tokens = Math.toIntExact(x.size(1));
      List<RowAdapters.Few> few = new ArrayList<>();
      RowAdapters adapters = pass.adapters();
      for (List<Linear> layer : layers) {
        few.add(adapters == null ? RowAdapters.Few.NONE : adapters.few(layer));
      }
      long down = few.stream().mapToLong(RowAdapters.Few::room).max().orElse(0);
      Tensor y = op.out(torch.empty_like(x));
      DecodeKernels.block(
          words,
          step(tokens, pass, few),
          x.contiguous(),
          y,
          torch.empty(new long[] {tokens * numbers()}, x.options(), null),
          torch.empty(
              new long[] {tokens * (parts.heads + 1L) + down},
              Tensors.options(ScalarType.Float, Device.CPU),
              null));
      return y;
    }
  }

  /** Numbers of a token while it runs, see block.inc. */
  private long numbers() {
    long query = parts.out.in();
    long key = (long) parts.keyHeads * parts.width();
    return rows(0) + 2 * query + key + 2L * parts.out.out() + 3L * parts.down.in();
  }

  private long[] step(int tokens, Pass pass, List<RowAdapters.Few> few) {
    Ragged ragged = Objects.requireNonNull(pass.ragged());
    Pass.View view = pass.views().get(parts.view);
    Rotary.Tables turned = view.rotary();
    LongStream.Builder all = LongStream.builder();
    all.add(tokens).add(ragged.parts().size(0)).add(ragged.table().numel()).add(KvPages.TOKENS);
    all.add(view.attention().window());
    all.add(address(ragged.slots())).add(address(ragged.parts())).add(address(ragged.table()));
    all.add(address(turned == null ? null : turned.cos()));
    all.add(address(turned == null ? null : turned.sin()));
    all.add(address(ragged.pages().keys(pass.block())));
    all.add(address(ragged.pages().values(pass.block())));
    long at = 12 + 3 * LAYERS;
    few.forEach(f -> all.add(f.count()));
    for (RowAdapters.Few f : few) {
      all.add(at);
      at += f.entries().length;
    }
    for (int i = 0; i < LAYERS; i++) {
      all.add(few.get(i).room() * (layers.get(i).get(0).in() + rows(i)) / 4);
    }
    few.forEach(f -> Arrays.stream(f.entries()).forEach(all::add));
    return all.build().toArray();
  }

  /** Outputs of a layer's members together. */
  private long rows(int layer) {
    return layers.get(layer).stream().mapToLong(Linear::out).sum();
  }

  private Tensor keep(Tensor t) {
    own.add(Tensors.pin(t));
    return t;
  }

  private static long address(@Nullable Tensor t) {
    return t == null ? 0 : t.data_ptr().address();
  }

  private static long bits(double d) {
    return Double.doubleToRawLongBits(d);
  }

  @Override
  public void close() {
    own.forEach(Tensors::release);
    own.clear();
  }
}
