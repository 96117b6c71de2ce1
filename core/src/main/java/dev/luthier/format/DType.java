package dev.luthier.format;

import java.util.Arrays;
import java.util.Optional;

/** Element types of safetensors files, under the names that the files use. */
public enum DType {
  /** IEEE 64-bit float. */
  F64(8, "float64"),
  /** IEEE 32-bit float. */
  F32(4, "float32"),
  /** IEEE 16-bit float. */
  F16(2, "float16"),
  /** The upper half of a 32-bit float. */
  BF16(2, "bfloat16"),
  /** Signed 64-bit integer. */
  I64(8, "int64"),
  /** Signed 32-bit integer. */
  I32(4, "int32"),
  /** Signed 16-bit integer. */
  I16(2, "int16"),
  /** Signed 8-bit integer. */
  I8(1, "int8"),
  /** Unsigned 64-bit integer. */
  U64(8, "uint64"),
  /** Unsigned 32-bit integer. */
  U32(4, "uint32"),
  /** Unsigned 16-bit integer. */
  U16(2, "uint16"),
  /** Unsigned 8-bit integer. */
  U8(1, "uint8"),
  /** A byte that is 0 or 1. */
  BOOL(1, "bool"),
  /** 8-bit float, 4 exponent and 3 mantissa bits. */
  F8_E4M3(1, "float8_e4m3fn"),
  /** 8-bit float, 5 exponent and 2 mantissa bits. */
  F8_E5M2(1, "float8_e5m2");

  private final int bytes;
  private final String torchName;

  DType(int bytes, String torchName) {
    this.bytes = bytes;
    this.torchName = torchName;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** Its name in PyTorch, without the {@code torch.}: {@code bfloat16}. */
  public String torchName() {
    return torchName;
  }

  /** The type of this name, if it is one. */
  public static Optional<DType> named(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }
}
