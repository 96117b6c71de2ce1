package dev.luthier.tensor;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What decoding does with few tokens at a time, in C: products that are bound by reading the
 * matrix, attention over keys in pages, adapters that differ from token to token, and all of a
 * block in one call. For tensors that {@link Kernels#take} says yes to.
 */
public final class DecodeKernels {
  /** What a vector holds of the shortest numbers. */
  private static final int FEW_COLUMNS = 32;

  /** Numbers of an entry of {@link #rowAdapters}. */
  public static final int ADAPTER_WORDS = 9;

  private DecodeKernels() {}

  /** Whether {@link #fewRows} takes this matrix: its rows are whole vectors. */
  public static boolean takesFew(Tensor w) {
    return w.stride(1) == 1 && w.size(1) % FEW_COLUMNS == 0;
  }

  /**
   * {@code y = x W^T + bias} for few rows of x, bound by reading W.
   *
   * @param x (N, k), the last stride 1
   * @param w (n, k), see {@link #takesFew}
   * @param bias (n), or null
   * @param y (N, n), contiguous, written
   */
  public static void fewRows(Tensor x, Tensor w, @Nullable Tensor bias, Tensor y) {
    Kernels.call(
        Kernels.threads(w.numel()),
        "few_dense",
        x,
        x.size(0),
        w.size(0),
        w.size(1),
        x,
        x.stride(0),
        w,
        w.stride(0),
        bias,
        y,
        y.stride(0));
  }

  /**
   * The same of a matrix in int8. Where the processor multiplies bytes (AVX-512 VNNI), each 128
   * numbers of x are rounded to 1/32512 of the largest, and the products are exact.
   *
   * @param codes int8 (n, k), contiguous, k a multiple of 32
   * @param scales float32 (n)
   */
  public static void fewRowsInt8(
      Tensor x, Tensor codes, Tensor scales, @Nullable Tensor bias, Tensor y) {
    Kernels.call(
        Kernels.threads(codes.numel()),
        "few_int8",
        x,
        x.size(0),
        codes.size(0),
        codes.size(1),
        x,
        x.stride(0),
        codes,
        scales,
        bias,
        y,
        y.stride(0));
  }

  /**
   * The same of a matrix in four bits, {@code scale (code - 8) + zero}, likewise.
   *
   * @param codes uint8 (n, k / 2), contiguous, k a multiple of 32: in each 16 bytes the lower
   *     halves are the first 16 of 32 codes
   * @param scales bfloat16 (n, k / 32)
   * @param zeros bfloat16 (n, k / 32)
   */
  public static void fewRowsInt4(
      Tensor x, Tensor codes, Tensor scales, Tensor zeros, @Nullable Tensor bias, Tensor y) {
    Kernels.call(
        Kernels.threads(codes.numel()),
        "few_int4",
        x,
        x.size(0),
        codes.size(0),
        2 * codes.size(1),
        x,
        x.stride(0),
        codes,
        scales,
        zeros,
        bias,
        y,
        y.stride(0));
  }

  /**
   * The whole of a matrix in four bits, see {@link #fewRowsInt4}.
   *
   * @param out (n, k), rows any stride apart, written
   */
  public static void int4(Tensor codes, Tensor scales, Tensor zeros, Tensor out) {
    Kernels.call("int4", out, out.size(0), out.size(1), codes, scales, zeros, out, out.stride(0));
  }

  /**
   * {@code y += scale (x A^T) B^T}, where tokens of one x have different A and B.
   *
   * @param entries of each nine numbers: first token, how many, rank, outputs, first column of y,
   *     address of A (rank, in), address of B^T (rank, outputs), place in down, bits of the scale
   *     as a double
   * @param x (N, in), the last stride 1
   * @param y (N, out), the last stride 1, added to
   * @param down float32, room for tokens times rank of all entries
   */
  public static void rowAdapters(long[] entries, Tensor x, Tensor y, Tensor down) {
    Kernels.call(
        Kernels.threads(down.numel() * (x.size(1) + y.size(1)) / 4),
        "row_adapters",
        x,
        (long) entries.length / ADAPTER_WORDS,
        entries,
        x.size(1),
        x,
        x.stride(0),
        y,
        y.stride(0),
        down);
  }

  /**
   * {@code y = softmax(scale q k^T) v} for a few tokens at the end of each of several texts, whose
   * keys and values lie in pages.
   *
   * @param q (1, H, N, E), the last stride 1
   * @param keys (pages * page, K, E), contiguous, H a multiple of K
   * @param values the same
   * @param page tokens of a page
   * @param parts int64 (P, 4): of each text its first token among the N, how many, its length with
   *     them, and the place of its first page in the table
   * @param table int64: pages
   * @param window how many tokens each sees, itself included; 0 for all before it
   * @param cap c in {@code c tanh(score / c)}; 0 for none
   * @param y (1, N, H * E), contiguous, of which those tokens' rows are written
   */
  public static void pagedAttention(
      Tensor q,
      Tensor keys,
      Tensor values,
      int page,
      Tensor parts,
      Tensor table,
      int window,
      double scale,
      double cap,
      Tensor y) {
    Kernels.call(
        Kernels.threads(table.numel() * page * q.size(1) * q.size(3) / 2),
        "paged_attention",
        q,
        parts.size(0),
        q.size(1),
        keys.size(1),
        q.size(3),
        q,
        q.stride(1),
        q.stride(2),
        keys,
        values,
        (long) page,
        parts,
        table,
        (long) window,
        (float) scale,
        (float) cap,
        y);
  }

  /**
   * A block's pass over a few tokens, as {@code block.inc} has it.
   *
   * @param block int64: the words of its {@code block}
   * @param step the words of its {@code step}, and what they point to behind them
   * @param x (N, D), contiguous
   * @param y (N, D), contiguous, written
   * @param room of x's dtype, what it says
   * @param floats float32, what it says
   */
  public static void block(
      Tensor block, long[] step, Tensor x, Tensor y, Tensor room, Tensor floats) {
    Kernels.call("block", x, block, step, x, y, room, floats);
  }
}
