package dev.luthier.nn;

import dev.luthier.quant.Int8Matrix;
import dev.luthier.quant.QuantSettings;
import dev.luthier.quant.QuantizedMatrix;
import dev.luthier.quant.Quantizer;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Quantizes the matrices of linear layers as they are asked for, one at a time, from float32: what
 * they become does not depend on what the model computes in. Those that are quantized already stay
 * as they are, but for how they multiply.
 *
 * @param source where they come from
 * @param settings how they are quantized
 * @param quantizes which of them, by name
 */
public record QuantizingSource(
    TensorSource source, QuantSettings settings, Predicate<String> quantizes)
    implements SourceOver {
  /** All matrices of linear layers. */
  public QuantizingSource(TensorSource source, QuantSettings settings) {
    this(source, settings, name -> true);
  }

  @Override
  public boolean isQuantized(String name) {
    return quantizes.test(name);
  }

  @Override
  public QuantizedMatrix quantized(String name, long rows, long columns, boolean transposed) {
    if (source.isQuantized(name)) {
      QuantizedMatrix stored = source.quantized(name, rows, columns, transposed);
      return stored instanceof Int8Matrix m ? m.withThreshold(settings.outlierThreshold()) : stored;
    }
    Tensor whole =
        torch.empty(
            transposed ? new long[] {columns, rows} : new long[] {rows, columns},
            Tensors.options(ScalarType.Float, Device.CPU),
            null);
    source.read(name, Init.NORMAL, whole);
    whole = transposed ? whole.t().contiguous() : whole;
    return Quantizer.quantize(name, whole, settings);
  }
}
