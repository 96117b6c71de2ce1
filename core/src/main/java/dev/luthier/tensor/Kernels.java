package dev.luthier.tensor;

import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The passes between a step's matrix products, in C, each over its data once. They work on float32
 * and bfloat16 tensors on the CPU; where {@link #take} says no, the caller uses libtorch's
 * operators instead. Those for the few tokens of decoding are {@link DecodeKernels}.
 */
public final class Kernels {
  /** Numbers that are worth waking a thread for. */
  private static final long WORTH_A_THREAD = 1 << 15;

  private static volatile boolean suspended;

  private Kernels() {}

  /** No kernels until closed, on any thread: to compare with libtorch's operators. */
  public static AutoCloseable suspended() {
    suspended = true;
    return () -> suspended = false;
  }

  /** Whether the kernels work on this tensor: its device, its dtype, and that there are kernels. */
  public static boolean take(Tensor x) {
    ScalarType dtype = Tensors.dtype(x);
    return (dtype == ScalarType.Float || dtype == ScalarType.BFloat16)
        && x.device().is_cpu()
        && !suspended
        && KernelLibrary.get().available();
  }

  /** Where the compiled kernels lie, or why there are none. */
  public static String state() {
    return KernelLibrary.get().state();
  }

  /** Whether there are kernels. */
  public static boolean available() {
    return KernelLibrary.get().available();
  }

  /**
   * {@code y = w x scale} with {@code scale = 1 / sqrt(mean(x^2) + eps)}.
   *
   * @param x (..., D), contiguous
   * @param scale (..., 1), float32, written
   */
  public static void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor scale) {
    long n = x.size(-1);
    call(threads(x.numel()), "rms_norm", x, x.numel() / n, n, x, w, (float) eps, y, scale);
  }

  /**
   * The gradient of {@link #rmsNorm} with respect to x, plus another one.
   *
   * @param before what is added, or null; may be dx
   */
  public static void rmsNormBackward(
      Tensor x, Tensor w, Tensor scale, Tensor dy, @Nullable Tensor before, Tensor dx) {
    long n = x.size(-1);
    call("rms_norm_backward", x, x.numel() / n, n, x, w, scale, dy, before, dx);
  }

  /**
   * Heads from one layout to another, turned by angles on the way if there are tables.
   *
   * @param from (B, H, T, E), the last stride 1
   * @param to of the same shape, the last stride 1
   * @param cos (B, 1, T, E / 2), contiguous
   * @param direction 1, or -1 to turn back
   */
  public static void heads(
      Tensor from, Tensor to, @Nullable Tensor cos, @Nullable Tensor sin, int direction) {
    call(
        threads(from.numel()),
        "heads",
        from,
        from.size(0),
        from.size(1),
        from.size(2),
        from.size(3),
        from,
        from.stride(0),
        from.stride(1),
        from.stride(2),
        to,
        to.stride(0),
        to.stride(1),
        to.stride(2),
        cos,
        sin,
        (float) direction);
  }

  /**
   * {@code y = softmax(scale q k^T) v}, each query over the keys from its document's start to
   * itself. The queries are the last T of S tokens. All have any strides but 1 for the last.
   *
   * @param q (B, H, T, E), E even
   * @param k (B, K, S, E), H a multiple of K
   * @param v (B, K, S, E)
   * @param starts int64 (B, S), contiguous, never falling along a row; or null, for 0
   * @param y (B, H, T, E), written
   * @param logSums (B, H, T), float32, written: the log of each query's sum of exponentials
   */
  public static void attention(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor starts,
      double scale,
      Tensor y,
      Tensor logSums) {
    List<@Nullable Object> all = attended(q, k, v, starts, scale);
    strided(all, y);
    all.add(logSums);
    call("attention", q, all.toArray());
  }

  /**
   * The gradients of {@link #attention}, computed from its results.
   *
   * @param dy (B, H, T, E), any strides but 1 for the last
   * @param dq of q's shape, written
   * @param dk of k's shape and strides, written
   * @param dv of v's shape and strides, written
   */
  public static void attentionBackward(
      Tensor q,
      Tensor k,
      Tensor v,
      @Nullable Tensor starts,
      double scale,
      Tensor y,
      Tensor logSums,
      Tensor dy,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    List<@Nullable Object> all = attended(q, k, v, starts, scale);
    strided(all, y);
    all.add(logSums);
    strided(all, dy);
    strided(all, dq);
    all.add(dk);
    all.add(dv);
    call("attention_backward", q, all.toArray());
  }

  private static List<@Nullable Object> attended(
      Tensor q, Tensor k, Tensor v, @Nullable Tensor starts, double scale) {
    List<@Nullable Object> all = new ArrayList<>();
    all.addAll(List.of(q.size(0), q.size(1), k.size(1), q.size(2), k.size(2), q.size(3)));
    strided(all, q);
    strided(all, k);
    strided(all, v);
    all.add(starts);
    all.add((float) scale);
    return all;
  }

  private static void strided(List<@Nullable Object> arguments, Tensor x) {
    arguments.addAll(List.of(x, x.stride(0), x.stride(1), x.stride(2)));
  }

  /**
   * {@code softmax(scale scores + bias)} in place.
   *
   * @param scores (B * H * T, S) contiguous, H heads of T queries each
   * @param causal whether query i of T sees the keys up to S - T + i only; the bias is then unused
   * @param bias (1 or B, 1, 1, T, m), added to the last m keys
   */
  public static void softmax(
      Tensor scores,
      long batch,
      long heads,
      long queries,
      double scale,
      boolean causal,
      @Nullable Tensor bias) {
    Tensor used = causal ? null : bias;
    call(
        threads(scores.numel()),
        "softmax",
        scores,
        batch,
        heads,
        queries,
        scores.size(-1),
        scores,
        (float) scale,
        causal ? 1 : 0,
        used,
        used == null || used.size(0) == 1 ? 0L : used.stride(0),
        used == null ? 0L : used.size(-1));
  }

  /**
   * {@code scale p (dp - sum(p dp))}, written over dp.
   *
   * @param p (..., S), contiguous: what {@link #softmax} gave
   */
  public static void softmaxBackward(Tensor p, Tensor dp, double scale) {
    long n = p.size(-1);
    call("softmax_backward", p, p.numel() / n, n, p, dp, (float) scale);
  }

  /**
   * {@code y = silu(gate) up}.
   *
   * @param gate (N, F), rows any stride apart
   * @param up the same, with the same stride
   * @param y (N, F), contiguous
   */
  public static void siluGate(Tensor gate, Tensor up, Tensor y) {
    call(
        threads(gate.numel()),
        "silu_gate",
        gate,
        gate.size(0),
        gate.size(1),
        gate,
        up,
        gate.stride(0),
        y);
  }

  /** The gradients of {@link #siluGate}; those of gate and up have the same stride. */
  public static void siluGateBackward(Tensor gate, Tensor up, Tensor dy, Tensor dgate, Tensor dup) {
    call(
        "silu_gate_backward",
        gate,
        gate.size(0),
        gate.size(1),
        gate,
        up,
        gate.stride(0),
        dy,
        dgate,
        dup,
        dgate.stride(0));
  }

  /**
   * Log-probabilities of targets under softmax(logits).
   *
   * @param logits (N, V), contiguous
   * @param targets (N), int64
   * @param out (3, N), float32, written: the log of each row's sum of exponentials, the target's
   *     log-probability, and 1 where the target is the first of the largest
   */
  public static void logProbs(Tensor logits, Tensor targets, Tensor out) {
    long n = logits.size(0);
    call(
        "log_probs",
        logits,
        n,
        logits.size(1),
        logits,
        targets,
        out,
        out.narrow(0, 1, 1),
        out.narrow(0, 2, 1));
  }

  /**
   * The logits become their gradient, {@code g (onehot(target) - softmax)}.
   *
   * @param logSum (N), float32, from {@link #logProbs}
   * @param g (N), float32
   */
  public static void logProbsBackward(Tensor logits, Tensor targets, Tensor logSum, Tensor g) {
    call("log_probs_backward", logits, logits.size(0), logits.size(1), logits, targets, logSum, g);
  }

  /**
   * A four-bit matrix, {@code values[code] scale}, rounded once.
   *
   * @param packed uint8, two codes a byte, the first in the upper half, in rows
   * @param blockSize codes per scale; out's columns are a multiple of it
   * @param values the 16 values that codes stand for
   * @param codes uint8 (blocks), where a scale is {@code map[code] absmax + offset}; else null
   * @param map float32 (256), or null
   * @param absmax float32: of each block, or of each group of codes
   * @param group codes per absmax
   * @param out (rows, columns), rows any stride apart, written
   */
  public static void fourBit(
      Tensor packed,
      long blockSize,
      float[] values,
      @Nullable Tensor codes,
      @Nullable Tensor map,
      Tensor absmax,
      long group,
      double offset,
      Tensor out) {
    call(
        "four_bit",
        out,
        out.size(0),
        out.size(1),
        blockSize,
        packed,
        values,
        codes,
        map,
        absmax,
        group,
        (float) offset,
        out,
        out.stride(0));
  }

  /**
   * An INT8 matrix, {@code codes absmax step}, rounded once.
   *
   * @param codes int8 (rows, columns), contiguous
   * @param absmax float32 (rows)
   * @param out (rows, columns), rows any stride apart, written
   */
  public static void int8(Tensor codes, Tensor absmax, double step, Tensor out) {
    call("int8", out, out.size(0), out.size(1), codes, absmax, (float) step, out, out.stride(0));
  }

  /**
   * {@code c = alpha a b + beta c} in float32, by the single-threaded product of libtorch's BLAS.
   *
   * @param blas address of its {@code cblas_sgemm}
   * @param a (batch, m, k)
   * @param b (batch, k, n)
   * @param c (batch, m, n), rows any stride apart, written
   */
  static void product(long blas, Matrix a, Matrix b, double alpha, double beta, Matrix c) {
    call(
        "product",
        c.tensor(),
        new Pointer(blas),
        c.tensor().size(0),
        c.tensor().size(1),
        c.tensor().size(2),
        a.tensor().size(2),
        (float) alpha,
        a.tensor(),
        a.batchStride(),
        a.leading(),
        a.transposed() ? 1 : 0,
        b.tensor(),
        b.batchStride(),
        b.leading(),
        b.transposed() ? 1 : 0,
        (float) beta,
        c.tensor(),
        c.batchStride(),
        c.leading());
  }

  /**
   * Ends the native threads that have worked for the calling thread; its next operator makes new
   * ones. For a thread that has loaded what another one will run: OpenMP's workers wait for work
   * without sleeping only while those of all threads together are no more than the processors.
   */
  public static void releaseThreads() {
    if (KernelLibrary.get().available()) {
      KernelLibrary.get().says("release_threads");
    }
  }

  /** Whether the processor multiplies pairs of bfloat16 numbers, as the kernels were compiled. */
  static boolean bfloat16Products() {
    return KernelLibrary.get().available() && KernelLibrary.get().says("bf16_dots");
  }

  /**
   * {@code c = alpha a b + beta c} by our own product.
   *
   * @param a (1, m, k), not transposed; m at least 6, k even
   * @param b (1, k, n)
   * @param c (1, m, n), rows any stride apart, written
   */
  static void product(Matrix a, Matrix b, double alpha, double beta, Matrix c) {
    call(
        "matrix_product",
        c.tensor(),
        c.tensor().size(1),
        c.tensor().size(2),
        a.tensor().size(2),
        (float) alpha,
        a.tensor(),
        a.leading(),
        b.tensor(),
        b.leading(),
        b.transposed() ? 1 : 0,
        (float) beta,
        c.tensor(),
        c.leading());
  }

  /** Few numbers are done before another thread is awake. */
  static int threads(long numbers) {
    return numbers < WORTH_A_THREAD ? 1 : Native.threads();
  }

  static void call(String name, Tensor sample, @Nullable Object... arguments) {
    call(Native.threads(), name, sample, arguments);
  }

  static void call(int threads, String name, Tensor sample, @Nullable Object... arguments) {
    List<@Nullable Object> all = new ArrayList<>();
    all.add(threads);
    for (Object a : arguments) {
      all.add(a instanceof Tensor t ? new Pointer(t.data_ptr().address()) : a);
    }
    String suffix = Tensors.dtype(sample) == ScalarType.Float ? "_f32" : "_bf16";
    KernelLibrary.get().call(name + suffix, all.toArray());
  }
}
