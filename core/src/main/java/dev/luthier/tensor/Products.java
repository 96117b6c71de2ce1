package dev.luthier.tensor;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products on all threads. libtorch's own are, but for float32 on the CPU: those are one
 * call of its BLAS, whose threads compete with OpenMP's and are therefore switched off. Here
 * OpenMP's threads call it, each for its part.
 */
public final class Products {
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

  private static boolean ours(Tensor out) {
    return Tensors.dtype(out) == ScalarType.Float && Kernels.take(out) && Blas.SGEMM != 0;
  }

  /** {@code a b} of two matrices, (m, k) and (k, n). */
  public static Tensor of(Tensor a, Tensor b) {
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
    if (!ours(x)) {
      return bias == null ? torch.linear(x, w) : torch.linear(x, w, new TensorOptional(bias));
    }
    if (bias == null) {
      return of(x, w.t());
    }
    Tensor out = bias.expand(x.size(0), w.size(0)).contiguous();
    into(out, x, w.t(), 1, 1);
    return out;
  }

  /**
   * {@code out = alpha a b + beta out}, all matrices or all batches of matrices.
   *
   * @param out the elements of its rows stand together
   */
  public static void into(Tensor out, Tensor a, Tensor b, double alpha, double beta) {
    if (out.numel() > 0 && ours(out)) {
      Matrix c = Matrix.of(batch(out));
      if (!c.transposed() && c.tensor().data_ptr().address() == out.data_ptr().address()) {
        Kernels.product(Blas.SGEMM, Matrix.of(batch(a)), Matrix.of(batch(b)), alpha, beta, c);
        return;
      }
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

  private static Tensor batch(Tensor t) {
    return t.dim() == 2 ? t.unsqueeze(0) : t;
  }
}
