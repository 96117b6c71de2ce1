package dev.luthier.nn;

import dev.luthier.quant.QuantizedMatrix;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Frozen matrices in few bits, dequantized while their block runs. Dettmers et al., "QLoRA:
 * Efficient Finetuning of Quantized LLMs", arXiv 2305.14314.
 */
final class Quantized extends Made {
  private final List<QuantizedMatrix> members;
  private final boolean transposed;

  /**
   * @param members first row to last; their tensors are pinned
   * @param transposed whether the unquantized matrix is stored (in, out)
   */
  Quantized(List<QuantizedMatrix> members, boolean transposed, MatrixPool pool) {
    super(
        pool,
        members.stream().mapToLong(QuantizedMatrix::rows).sum(),
        members.isEmpty() ? 0 : members.get(0).columns());
    this.members = members;
    this.transposed = transposed;
  }

  @Override
  public boolean isTransposed() {
    return transposed;
  }

  @Override
  void write(Tensor target) {
    long at = 0;
    for (QuantizedMatrix member : members) {
      member.dequantizeInto(target.narrow(0, at, member.rows()));
      at += member.rows();
    }
  }

  @Override
  public Tensor product(Tensor x, @Nullable Tensor bias) {
    if (!members.stream().allMatch(QuantizedMatrix::multiplies)) {
      return super.product(x, bias);
    }
    TensorVector parts = new TensorVector();
    members.forEach(member -> parts.push_back(member.product(x)));
    Tensor out = parts.size() == 1 ? parts.get(0) : torch.cat(parts, 1);
    return bias == null ? out : out.add_(bias);
  }

  @Override
  public Tensor rows(int from, int count) {
    long at = 0;
    for (QuantizedMatrix member : members) {
      if (at == from && member.rows() == count) {
        return member.dequantize(ScalarType.Float);
      }
      at += member.rows();
    }
    throw new IllegalArgumentException("no matrix has the rows from " + from + ", " + count);
  }

  @Override
  public boolean trained() {
    return false;
  }

  @Override
  public void addGradient(Tensor dy, Tensor x) {
    throw new IllegalStateException("a quantized matrix is not trained");
  }
}
