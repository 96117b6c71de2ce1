package dev.luthier.quant;

import dev.luthier.LuthierException;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Operators;
import dev.luthier.tensor.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A matrix in INT8 with a scale per row (Dettmers et al. 2022, "LLM.int8()", section 2): {@code W =
 * weight * SCB / 127}, in float32.
 *
 * @param weight int8 (out, in)
 * @param scb float32 (out): the largest magnitude of each row
 * @param dtype what it was quantized from
 * @param threshold the magnitude from which on activations are outliers of LLM.int8()'s product; 0
 *     if products are made with the dequantized matrix
 */
public record Int8Matrix(Tensor weight, Tensor scb, ScalarType dtype, double threshold)
    implements QuantizedMatrix {
  private static final double STEPS = 127;

  /** bitsandbytes' {@code 1 / 127} and {@code 1 / 127^2}. */
  private static final double ONE_STEP = 7.874015718698502e-3;

  private static final double ONE_STEP_SQUARED = 6.200124e-05;

  /** Values that are converted at a time. */
  private static final long PART = 1 << 18;

  /** Refuses parts that do not fit together. */
  public Int8Matrix {
    if (weight.dim() != 2 || scb.numel() != weight.size(0)) {
      throw new IllegalArgumentException("INT8 weights " + weight + " with scales " + scb);
    }
  }

  /**
   * Quantizes a matrix, part by part. As in bitsandbytes values are first rounded to float16.
   *
   * @param name what the matrix is called in errors
   * @param weight float32, bfloat16 or float16 (out, in), on the CPU
   * @return a matrix of the current scope
   * @throws LuthierException if a value is not finite in float16
   */
  public static Int8Matrix quantize(String name, Tensor weight) {
    long rows = weight.size(0);
    Tensor codes =
        torch.empty(Tensors.shape(weight), Tensors.options(ScalarType.Char, Device.CPU), null);
    Tensor scb =
        torch.empty(new long[] {rows}, Tensors.options(ScalarType.Float, Device.CPU), null);
    forParts(
        rows,
        weight.size(1),
        (row, n) -> {
          Tensor part = weight.narrow(0, row, n).to(ScalarType.Half).to(ScalarType.Float);
          RowCodes q = RowCodes.of(part);
          scb.narrow(0, row, n).copy_(q.absmax().view(n));
          codes.narrow(0, row, n).copy_(q.codes());
        });
    if (!Tensors.allFinite(scb)) {
      throw new LuthierException(
          name
              + " has a value that is infinite or not a number in float16 (beyond 65,504); it cannot"
              + " be quantized to int8");
    }
    return new Int8Matrix(codes, scb, Tensors.dtype(weight), 0);
  }

  /** Values to codes and the largest magnitude (n, 1) of each row, which may be zero. */
  private record RowCodes(Tensor codes, Tensor absmax) {
    static RowCodes of(Tensor x) {
      Tensor absmax = x.abs().amax(new long[] {1}, true);
      Tensor codes = x.mul(absmax.reciprocal().mul(Tensors.scalar(STEPS))).round().nan_to_num_();
      return new RowCodes(codes.to(ScalarType.Char), absmax);
    }
  }

  private interface Part {
    void run(long row, long rows);
  }

  private static void forParts(long rows, long columns, Part body) {
    long step = Math.max(1, PART / Math.max(1, columns));
    try (Grad off = Grad.off()) {
      for (long row = 0; row < rows; row += step) {
        try (PointerScope scope = new PointerScope()) {
          body.run(row, Math.min(step, rows - row));
        }
      }
    }
  }

  @Override
  public long rows() {
    return weight.size(0);
  }

  @Override
  public long columns() {
    return weight.size(1);
  }

  @Override
  public List<Tensor> tensors() {
    return List.of(weight, scb);
  }

  @Override
  public void dequantizeInto(Tensor out) {
    RowBuffer.check(out, this);
    if (Kernels.take(out)) {
      Kernels.int8(weight, scb, ONE_STEP, out);
      return;
    }
    forParts(
        rows(),
        columns(),
        (row, n) ->
            out.narrow(0, row, n)
                .copy_(values(weight.narrow(0, row, n), scb.narrow(0, row, n).view(n, 1))));
  }

  private static Tensor values(Tensor codes, Tensor absmax) {
    return codes.to(ScalarType.Float).mul_(absmax).mul_(Tensors.scalar(ONE_STEP));
  }

  /** The same matrix with products as LLM.int8() makes them, from this threshold on. */
  public Int8Matrix withThreshold(double outliers) {
    return new Int8Matrix(weight, scb, dtype, outliers);
  }

  @Override
  public boolean multiplies() {
    return threshold > 0;
  }

  @Override
  public Tensor product(Tensor x) {
    return forward(x, threshold);
  }

  /**
   * The product x W^T as LLM.int8() computes it (section 3). Columns of x in which any magnitude
   * reaches the threshold are multiplied in x's own dtype with dequantized weights; the rest of
   * each row of x is quantized as the weights are, multiplied in integers and scaled back.
   *
   * @param x (n, in), of any float dtype, finite
   * @param outliers the magnitude that makes an outlier; 0 for none
   * @return (n, out) in x's dtype, without a gradient
   */
  public Tensor forward(Tensor x, double outliers) {
    try (Grad off = Grad.off()) {
      ScalarType type = Tensors.dtype(x);
      double bound = outliers > 0 ? outliers : Double.POSITIVE_INFINITY;
      Tensor floats = Tensors.cast(x.detach(), ScalarType.Float);
      Tensor large = floats.abs().ge(Tensors.scalar(bound)); // (n, in)
      Tensor apart = large.any(0).nonzero().view(-1); // (columns with one)
      RowCodes q = RowCodes.of(floats.masked_fill(large, Tensors.scalar(0)));
      Tensor codes = q.codes().index_fill(1, apart, Tensors.scalar(0));
      Tensor y =
          Operators.intProduct(codes, weight.t())
              .mul(q.absmax().mul(scb))
              .mul_(Tensors.scalar(ONE_STEP_SQUARED))
              .to(type); // (n, out)
      if (apart.numel() == 0) {
        return y;
      }
      Tensor columns = values(weight.index_select(1, apart), scb.view(-1, 1)).to(type);
      return y.addmm(x.detach().index_select(1, apart), columns.t());
    }
  }
}
