package dev.luthier.format;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Element types of GGUF tensors, as ggml numbers and names them. Values stand in blocks along the
 * rows; a row holds whole blocks.
 */
public enum GgufType {
  /** IEEE 32-bit float. */
  F32(0, 1, 4),
  /** IEEE 16-bit float. */
  F16(1, 1, 2),
  /** 4 bits and a scale. */
  Q4_0(2, 32, 18),
  /** 4 bits, a scale and a minimum. */
  Q4_1(3, 32, 20),
  /** 5 bits and a scale. */
  Q5_0(6, 32, 22),
  /** 5 bits, a scale and a minimum. */
  Q5_1(7, 32, 24),
  /** 8 bits and a scale. */
  Q8_0(8, 32, 34),
  /** 8 bits, a scale and the sum; ggml's own intermediate. */
  Q8_1(9, 32, 36),
  /** 2 bits in superblocks. */
  Q2_K(10, 256, 84),
  /** 3 bits in superblocks. */
  Q3_K(11, 256, 110),
  /** 4 bits in superblocks. */
  Q4_K(12, 256, 144),
  /** 5 bits in superblocks. */
  Q5_K(13, 256, 176),
  /** 6 bits in superblocks. */
  Q6_K(14, 256, 210),
  /** 8 bits in superblocks; ggml's own intermediate. */
  Q8_K(15, 256, 292),
  /** 2.06 bits by codebook. */
  IQ2_XXS(16, 256, 66),
  /** 2.31 bits by codebook. */
  IQ2_XS(17, 256, 74),
  /** 3.06 bits by codebook. */
  IQ3_XXS(18, 256, 98),
  /** 1.56 bits by codebook. */
  IQ1_S(19, 256, 50),
  /** 4 bits, values at uneven distances. */
  IQ4_NL(20, 32, 18),
  /** 3.44 bits by codebook. */
  IQ3_S(21, 256, 110),
  /** 2.56 bits by codebook. */
  IQ2_S(22, 256, 82),
  /** 4 bits, values at uneven distances, in superblocks. */
  IQ4_XS(23, 256, 136),
  /** Signed 8-bit integer. */
  I8(24, 1, 1),
  /** Signed 16-bit integer. */
  I16(25, 1, 2),
  /** Signed 32-bit integer. */
  I32(26, 1, 4),
  /** Signed 64-bit integer. */
  I64(27, 1, 8),
  /** IEEE 64-bit float. */
  F64(28, 1, 8),
  /** 1.75 bits by codebook. */
  IQ1_M(29, 256, 56),
  /** The upper half of a 32-bit float. */
  BF16(30, 1, 2),
  /** -1, 0 or 1, five to a byte. */
  TQ1_0(34, 256, 54),
  /** -1, 0 or 1, four to a byte. */
  TQ2_0(35, 256, 66),
  /** 4-bit floats with a power of two as scale. */
  MXFP4(39, 32, 17);

  private final int code;
  private final int blockValues;
  private final int blockBytes;

  GgufType(int code, int blockValues, int blockBytes) {
    this.code = code;
    this.blockValues = blockValues;
    this.blockBytes = blockBytes;
  }

  /** The number that stands for it in a file. */
  public int code() {
    return code;
  }

  /** Values in a block; 1 for plain numbers. */
  public int blockValues() {
    return blockValues;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether values share scales, so that one of them alone cannot be read. */
  public boolean isQuantized() {
    return blockValues > 1;
  }

  /**
   * Bytes of a tensor of this type.
   *
   * @param shape row-major; rows hold whole blocks
   * @throws IllegalArgumentException if they do not
   */
  public long bytes(List<Long> shape) {
    long columns = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
    if (columns % blockValues != 0) {
      throw new IllegalArgumentException(
          "rows of " + columns + " values are no whole blocks of " + this);
    }
    long values = shape.stream().reduce(1L, Math::multiplyExact);
    return Math.multiplyExact(values / blockValues, (long) blockBytes);
  }

  /** The type of this number, if it is one. */
  public static Optional<GgufType> of(int code) {
    return Arrays.stream(values()).filter(t -> t.code == code).findFirst();
  }
}
