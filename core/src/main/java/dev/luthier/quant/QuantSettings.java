package dev.luthier.quant;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.format.GgufType;
import java.util.Locale;

/**
 * How the frozen matrices of a base are held in few bits. Embedding, norms and head stay as they
 * are, as in bitsandbytes.
 *
 * @param type number format of the matrices
 * @param blockSize values per scale; 4-bit types only
 * @param doubleQuant whether the scales are quantized in turn; 4-bit types only
 * @param outlierThreshold INT8 only: 0 multiplies activations as they are with dequantized
 *     matrices; anything else makes products in integers, as LLM.int8() does, but for columns of
 *     the activations that reach this magnitude (6 in the paper)
 */
public record QuantSettings(
    @Setting(
            help = "nf4 | fp4 | int8 | stored: as a model file that is in few bits holds them",
            value = "nf4")
        Type type,
    @Setting(help = "weights per scale: 32 to 4096, a power of two (nf4, fp4)", value = "64")
        int blockSize,
    @Setting(help = "quantize the scales in turn (nf4, fp4)", value = "true") boolean doubleQuant,
    @Setting(
            help =
                "multiply in integers, activations of this magnitude kept apart, as LLM.int8() does"
                    + " with 6; 0: with dequantized matrices (int8)",
            value = "0")
        double outlierThreshold) {

  /** A number format. */
  public enum Type {
    /** 4 bits, normally distributed values. */
    NF4,
    /** 4 bits, floating point. */
    FP4,
    /** 8 bits, one scale for each row: LLM.int8(). */
    INT8,
    /** What the model's own file has them in. */
    STORED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** NF4 in blocks of 64 with double quantization, as QLoRA has it. */
  public static QuantSettings defaults() {
    return new QuantSettings(Type.NF4, 64, true, 0);
  }

  /** LLM.int8(), which has neither blocks nor a second quantization. */
  public static QuantSettings int8() {
    return new QuantSettings(Type.INT8, 64, false, 0);
  }

  /** As the model's own file has them. */
  public static QuantSettings stored() {
    return new QuantSettings(Type.STORED, 64, false, 0);
  }

  /** Whether both give the same matrices. */
  public boolean agrees(QuantSettings other) {
    return type == Type.INT8 ? other.type == Type.INT8 : equals(other);
  }

  /** In words, such as {@code nf4, blocks of 64, double quantization}. */
  public String words() {
    if (type == Type.STORED) {
      return "as stored";
    }
    return type == Type.INT8
        ? "int8" + (outlierThreshold > 0 ? ", outliers from " + outlierThreshold + " apart" : "")
        : type + ", blocks of " + blockSize + (doubleQuant ? ", double quantization" : "");
  }

  /** Checks everything at once. */
  public QuantSettings {
    Complaints complaints = new Complaints();
    complaints.unless(
        FourBitMatrix.validBlockSize(blockSize),
        "quant.blockSize",
        blockSize,
        "must be a power of two from 32 to 4096");
    complaints.unless(
        outlierThreshold >= 0 && (outlierThreshold == 0 || type == Type.INT8),
        "quant.outlierThreshold",
        outlierThreshold,
        "must not be negative, and is for quant.type=int8 alone");
    complaints.throwIfAny();
  }

  /** Bytes that a matrix of this many rows and columns takes, or at most if it is as stored. */
  public long bytes(long rows, long columns) {
    long values = rows * columns;
    if (type == Type.STORED) {
      return values / GgufType.Q8_0.blockValues() * GgufType.Q8_0.blockBytes();
    }
    if (type == Type.INT8) {
      return values + 4 * rows;
    }
    long blocks = (values + blockSize - 1) / blockSize;
    long scales =
        doubleQuant
            ? blocks
                + 4 * ((blocks + Blockwise8.BLOCK_SIZE - 1) / Blockwise8.BLOCK_SIZE)
                + 4L * DynamicMap.SIZE
            : 4 * blocks;
    return (values + 1) / 2 + scales;
  }
}
