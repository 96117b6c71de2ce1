package dev.luthier.format;

import java.util.Arrays;
import java.util.Optional;

/** Element types of safetensors files, under the names that the files use. */
public enum DType {
  /** IEEE 64-bit float. */
  F64(8),
  /** IEEE 32-bit float. */
  F32(4),
  /** IEEE 16-bit float. */
  F16(2),
  /** The upper half of a 32-bit float. */
  BF16(2),
  /** Signed 64-bit integer. */
  I64(8),
  /** Signed 32-bit integer. */
  I32(4),
  /** Signed 16-bit integer. */
  I16(2),
  /** Signed 8-bit integer. */
  I8(1),
  /** Unsigned 64-bit integer. */
  U64(8),
  /** Unsigned 32-bit integer. */
  U32(4),
  /** Unsigned 16-bit integer. */
  U16(2),
  /** Unsigned 8-bit integer. */
  U8(1),
  /** A byte that is 0 or 1. */
  BOOL(1),
  /** 8-bit float, 4 exponent and 3 mantissa bits. */
  F8_E4M3(1),
  /** 8-bit float, 5 exponent and 2 mantissa bits. */
  F8_E5M2(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** The type of this name, if it is one. */
  public static Optional<DType> named(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }
}
