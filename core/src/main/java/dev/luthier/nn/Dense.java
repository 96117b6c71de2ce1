package dev.luthier.nn;

import dev.luthier.tensor.DecodeKernels;
import dev.luthier.tensor.Products;
import dev.luthier.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A matrix that is used as it is stored.
 *
 * @param stored (out, in)
 * @param members the parameters that lie in it, first row to last
 * @param isTransposed whether the one member is (in, out), and {@code stored} a view of it
 */
record Dense(Tensor stored, List<Tensor> members, boolean isTransposed) implements Weight {
  Dense(Tensor stored, List<Tensor> members) {
    this(stored, members, false);
  }

  @Override
  public Tensor matrix() {
    return stored;
  }

  @Override
  public @Nullable Read read(ScalarType dtype) {
    boolean few = Tensors.dtype(stored) == dtype && DecodeKernels.takesFew(stored);
    return few ? new Read(0, stored, stored.stride(0), null, null, Products.LEAST_ROWS - 1) : null;
  }

  @Override
  public void release(Tensor matrix) {
    // It stays.
  }

  @Override
  public Tensor rows(int from, int count) {
    return Tensors.cast(stored.detach().narrow(0, from, count), ScalarType.Float);
  }

  @Override
  public boolean trained() {
    return members.get(0).requires_grad();
  }

  @Override
  public void addGradient(Tensor dy, Tensor x) {
    if (isTransposed) {
      Gradient.addProduct(members.get(0), x, dy, 1);
      return;
    }
    int from = 0;
    for (Tensor member : members) {
      int rows = Math.toIntExact(member.size(0));
      Gradient.addProduct(member, dy.narrow(1, from, rows), x, 1);
      from += rows;
    }
  }
}
