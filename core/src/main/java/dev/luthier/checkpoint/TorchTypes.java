package dev.luthier.checkpoint;

import dev.luthier.format.DType;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Safetensors dtypes and libtorch's, one to one. */
public final class TorchTypes {
  private TorchTypes() {}

  /** The dtype of tensors that are read from a file. */
  public static ScalarType of(DType dtype) {
    return switch (dtype) {
      case F64 -> ScalarType.Double;
      case F32 -> ScalarType.Float;
      case F16 -> ScalarType.Half;
      case BF16 -> ScalarType.BFloat16;
      case I64 -> ScalarType.Long;
      case I32 -> ScalarType.Int;
      case I16 -> ScalarType.Short;
      case I8 -> ScalarType.Char;
      case U64 -> ScalarType.UInt64;
      case U32 -> ScalarType.UInt32;
      case U16 -> ScalarType.UInt16;
      case U8 -> ScalarType.Byte;
      case BOOL -> ScalarType.Bool;
      case F8_E4M3 -> ScalarType.Float8_e4m3fn;
      case F8_E5M2 -> ScalarType.Float8_e5m2;
    };
  }

  /** The dtype that a file gives such tensors. */
  static DType of(ScalarType type) {
    // What a native call returns is equal to the constant but not the same object.
    ScalarType known = type.intern();
    for (DType dtype : DType.values()) {
      if (of(dtype) == known) {
        return dtype;
      }
    }
    throw new IllegalArgumentException("safetensors has no dtype for " + type);
  }

  /** The type of a weight that torch names so: float32, float16 or bfloat16. */
  static Optional<ScalarType> floating(String name) {
    return Stream.of(DType.F32, DType.F16, DType.BF16)
        .filter(d -> d.torchName().equals(name))
        .map(TorchTypes::of)
        .findFirst();
  }
}
