package dev.luthier.nn;

import dev.luthier.tensor.DecodeKernels;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Frozen matrices in few bits that products of a few rows read as they are; for more rows the
 * matrix is made once and multiplied as any other.
 */
final class Packed extends Made {
  /** From so many rows on the product is bound by arithmetic, which whole numbers are better at. */
  private static final int MANY_ROWS = 24;

  private static final int GROUP = Packing.COLUMNS;

  private final Packing packing;
  private final boolean transposed;
  private final Tensor codes; // int8 (n, k), or uint8 (n, k / 2)
  private final Tensor scales; // float32 (n), or bfloat16 (n, k / 32)
  private final @Nullable Tensor zeros; // bfloat16 (n, k / 32)

  /**
   * @param matrix (n, k), rounded here; not kept
   * @param transposed whether the unrounded matrix is stored (in, out)
   */
  Packed(Packing packing, Tensor matrix, boolean transposed, MatrixPool pool) {
    super(pool, matrix.size(0), matrix.size(1));
    this.packing = packing;
    this.transposed = transposed;
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> parts = packing == Packing.INT8 ? int8(matrix) : int4(matrix);
      this.codes = Tensors.pin(parts.get(0));
      this.scales = Tensors.pin(parts.get(1));
      this.zeros = parts.size() == 3 ? Tensors.pin(parts.get(2)) : null;
    }
  }

  /** {@code scale code}, with the row's largest number at 127. */
  private static List<Tensor> int8(Tensor matrix) {
    Tensor w = matrix.to(ScalarType.Float);
    Tensor scale = w.abs().amax(new long[] {1}, true).div_(Tensors.scalar(127));
    scale.clamp_min_(Tensors.scalar(1e-30));
    Tensor codes = w.div(scale).round_().to(ScalarType.Char);
    return List.of(codes, scale.view(-1).contiguous());
  }

  /** {@code scale (code - 8) + zero}, with a group's least number at 0 and its largest at 15. */
  private static List<Tensor> int4(Tensor matrix) {
    long n = matrix.size(0);
    long k = matrix.size(1);
    Tensor w = matrix.to(ScalarType.Float).view(n, k / GROUP, GROUP);
    Tensor least = w.amin(new long[] {2}, true); // (n, k / 32, 1)
    Tensor scale = w.amax(new long[] {2}, true).sub_(least).div_(Tensors.scalar(15));
    scale.clamp_min_(Tensors.scalar(1e-30));
    Tensor scale16 = scale.to(ScalarType.BFloat16);
    Tensor zero16 = least.add(scale.mul(Tensors.scalar(8))).to(ScalarType.BFloat16);
    Tensor code =
        w.sub(zero16.to(ScalarType.Float))
            .div_(scale16.to(ScalarType.Float))
            .add_(Tensors.scalar(8))
            .round_()
            .clamp_(
                new org.bytedeco.pytorch.ScalarOptional(Tensors.scalar(0)),
                new org.bytedeco.pytorch.ScalarOptional(Tensors.scalar(15)))
            .view(n, k / GROUP, 2, GROUP / 2);
    Tensor bytes = code.select(2, 0).add(code.select(2, 1).mul(Tensors.scalar(16)));
    return List.of(
        bytes.reshape(n, k / 2).to(ScalarType.Byte).contiguous(),
        scale16.view(n, k / GROUP),
        zero16.view(n, k / GROUP));
  }

  @Override
  public Tensor product(Tensor x, @Nullable Tensor bias) {
    boolean few = x.size(0) < MANY_ROWS && x.stride(1) == 1 && !isHeld();
    if (!few || !Kernels.take(x)) {
      return super.product(x, bias);
    }
    Tensor y = torch.empty(new long[] {x.size(0), codes.size(0)}, x.options(), null);
    if (zeros == null) {
      DecodeKernels.fewRowsInt8(x, codes, scales, bias, y);
    } else {
      DecodeKernels.fewRowsInt4(x, codes, scales, zeros, bias, y);
    }
    return y;
  }

  @Override
  public @Nullable Read read(ScalarType dtype) {
    int kind = packing == Packing.INT8 ? 1 : 2;
    return new Read(kind, codes, columns(), scales, zeros, MANY_ROWS - 1);
  }

  @Override
  void write(Tensor target) {
    if (zeros == null) {
      if (Kernels.take(target)) {
        Kernels.int8(codes, scales, 1, target);
      } else {
        target.copy_(codes.to(ScalarType.Float).mul(scales.unsqueeze(1)));
      }
    } else if (Kernels.take(target)) {
      DecodeKernels.int4(codes, scales, zeros, target);
    } else {
      target.copy_(unpacked(zeros));
    }
  }

  /** All of it by libtorch's operators: (n, k) in float32. */
  private Tensor unpacked(Tensor zero) {
    Tensor bytes = codes.to(ScalarType.Float).view(codes.size(0), -1, 1, GROUP / 2);
    Tensor high = bytes.div(Tensors.scalar(16)).floor_();
    Tensor low = bytes.sub(high.mul(Tensors.scalar(16)));
    Tensor code = torch.cat(new TensorVector(low, high), 2).view(codes.size(0), -1, GROUP);
    return code.sub_(Tensors.scalar(8))
        .mul_(scales.to(ScalarType.Float).unsqueeze(2))
        .add_(zero.to(ScalarType.Float).unsqueeze(2))
        .view(codes.size(0), -1);
  }

  @Override
  public boolean isTransposed() {
    return transposed;
  }

  @Override
  public Tensor rows(int from, int count) {
    try (Op op = new Op()) {
      Tensor matrix = matrix();
      Tensor out = matrix.narrow(0, from, count).to(ScalarType.Float);
      release(matrix);
      return op.out(out.clone());
    }
  }

  @Override
  public boolean trained() {
    return false;
  }

  @Override
  public void addGradient(Tensor dy, Tensor x) {
    throw new IllegalStateException("a matrix in " + packing + " is not trained");
  }
}
