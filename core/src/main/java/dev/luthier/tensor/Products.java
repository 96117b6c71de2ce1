package dev.luthier.tensor;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products on all threads. libtorch's own are, but on the CPU two are not the best there is:
 *
 * <ul>
 *   <li>Those of float32 are one call of its BLAS, whose threads compete with OpenMP's and are
 *       therefore switched off. Here OpenMP's threads call it, each for its part.
 *   <li>Those of bfloat16 are oneDNN's. With matrix instructions (AMX) nothing comes close; with
 *       vector instructions alone our kernel is faster, and an element's sum has the same order in
 *       whatever batch its row is.
 * </ul>
 */
public final class Products {
  /** A factor of so few rows or columns is transposed, so that its rows stand together. */
  private static final int NARROW = 64;

  /** Fewer rows than our kernel has in registers are {@link DecodeKernels}', or libtorch's. */
  public static final int LEAST_ROWS = 6;

  private Products() {}

  private static final class Blas {
    /** Where {@code cblas_sgemm} stands; 0 if libtorch brought none. */
    static final long SGEMM = find();

    private static long find() {
      Native.load();
      var symbol = Loader.addressof("cblas_sgemm");
      return symbol == null ? 0 : symbol.address();
    }
  }

  private static final class Bfloat16 {
    static final boolean OURS = Kernels.bfloat16Products() && !OneDnn.isa().contains("AMX");
  }

  /** Whether products of bfloat16 matrices are our kernel's on this machine. */
  static boolean ownBfloat16() {
    return Bfloat16.OURS;
  }

  private static boolean ours(Tensor out) {
    return Kernels.take(out)
        && (Tensors.dtype(out) == ScalarType.Float ? Blas.SGEMM != 0 : ownBfloat16());
  }

  /** {@code a b} of two matrices, (m, k) and (k, n). */
  public static Tensor of(Tensor a, Tensor b) {
    boolean half = Tensors.dtype(a) == ScalarType.BFloat16;
    if (half && ours(a) && a.stride(1) != 1 && b.size(1) <= NARROW) {
      return product(b.t(), a.t()).t();
    }
    return product(a, b);
  }

  private static Tensor product(Tensor a, Tensor b) {
    Tensor out = torch.empty(new long[] {a.size(0), b.size(1)}, a.options(), null);
    into(out, a, b, 1, 0);
    return out;
  }

  /** {@code a b} of matrices (batch, m, k) and (batch, k, n). */
  public static Tensor batched(Tensor a, Tensor b) {
    Tensor out = torch.empty(new long[] {a.size(0), a.size(1), b.size(2)}, a.options(), null);
    into(out, a, b, 1, 0);
    return out;
  }

  /**
   * {@code x W^T + bias}.
   *
   * @param x (N, in)
   * @param w (out, in)
   * @param bias (out), or null
   */
  public static Tensor linear(Tensor x, Tensor w, @Nullable Tensor bias) {
    if (x.size(0) < LEAST_ROWS
        && x.stride(1) == 1
        && Kernels.take(x)
        && DecodeKernels.takesFew(w)) {
      Tensor out = torch.empty(new long[] {x.size(0), w.size(0)}, x.options(), null);
      DecodeKernels.fewRows(x, w, bias, out);
      return out;
    }
    if (!ours(x)) {
      return bias == null ? torch.linear(x, w) : torch.linear(x, w, new TensorOptional(bias));
    }
    if (bias == null) {
      return product(x, w.t());
    }
    Tensor out = bias.repeat(x.size(0), 1); // a copy also for one row
    into(out, x, w.t(), 1, 1);
    return out;
  }

  /**
   * {@code out = alpha a b + beta out}, all matrices or all batches of matrices.
   *
   * @param out the elements of its rows stand together
   */
  public static void into(Tensor out, Tensor a, Tensor b, double alpha, double beta) {
    if (out.numel() > 0 && ours(out) && intoByUs(out, a, b, alpha, beta)) {
      return;
    }
    boolean one = out.dim() == 2;
    if (alpha == 1 && beta == 0) {
      Tensor written = one ? torch.mm_out(out, a, b) : torch.bmm_out(out, a, b);
    } else if (one) {
      out.addmm_(a, b, Tensors.scalar(beta), Tensors.scalar(alpha));
    } else {
      out.baddbmm_(a, b, Tensors.scalar(beta), Tensors.scalar(alpha));
    }
  }

  /** False if it is laid out, or so small, that libtorch must do it. */
  private static boolean intoByUs(Tensor out, Tensor a, Tensor b, double alpha, double beta) {
    Matrix c = Matrix.of(batch(out));
    if (c.transposed() || c.tensor().data_ptr().address() != out.data_ptr().address()) {
      return false;
    }
    if (Tensors.dtype(out) == ScalarType.Float) {
      Kernels.product(Blas.SGEMM, Matrix.of(batch(a)), Matrix.of(batch(b)), alpha, beta, c);
      return true;
    }
    if (a.dim() != 2 || a.size(0) < LEAST_ROWS || a.size(1) == 0 || a.size(1) % 2 != 0) {
      return false;
    }
    Matrix left = Matrix.of(batch(a.size(0) <= NARROW ? a.contiguous() : a));
    if (left.transposed()) {
      return false;
    }
    Kernels.product(left, Matrix.of(batch(b)), alpha, beta, c);
    return true;
  }

  private static Tensor batch(Tensor t) {
    return t.dim() == 2 ? t.unsqueeze(0) : t;
  }
}
