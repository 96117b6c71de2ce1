package dev.luthier.quant;

import org.bytedeco.pytorch.Tensor;

/** Matrices to few bits, as settings say. */
public final class Quantizer {
  private Quantizer() {}

  /**
   * Quantizes a matrix.
   *
   * @param name what it is called in errors
   * @param weight float32, bfloat16 or float16 (out, in), contiguous, on the CPU
   * @return a matrix whose tensors belong to the current scope
   */
  public static QuantizedMatrix quantize(String name, Tensor weight, QuantSettings settings) {
    return switch (settings.type()) {
      case NF4 -> fourBit(name, weight, FourBitType.NF4, settings);
      case FP4 -> fourBit(name, weight, FourBitType.FP4, settings);
      case INT8 -> Int8Matrix.quantize(name, weight).withThreshold(settings.outlierThreshold());
      case STORED -> throw new IllegalArgumentException(name + " is not stored in few bits");
    };
  }

  private static QuantizedMatrix fourBit(
      String name, Tensor weight, FourBitType type, QuantSettings settings) {
    return FourBitMatrix.quantize(name, weight, type, settings.blockSize(), settings.doubleQuant());
  }
}
