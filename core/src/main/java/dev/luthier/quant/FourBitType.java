package dev.luthier.quant;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** A data type of 16 values in [-1, 1], under bitsandbytes' names {@code nf4} and {@code fp4}. */
public enum FourBitType {
  /**
   * NormalFloat (Dettmers et al. 2023, "QLoRA", appendix E): the values that a normally distributed
   * weight takes equally often.
   */
  NF4(
      -1.0f,
      -0.6961928009986877f,
      -0.5250730514526367f,
      -0.39491748809814453f,
      -0.28444138169288635f,
      -0.18477343022823334f,
      -0.09105003625154495f,
      0.0f,
      0.07958029955625534f,
      0.16093020141124725f,
      0.24611230194568634f,
      0.33791524171829224f,
      0.44070982933044434f,
      0.5626170039176941f,
      0.7229568362236023f,
      1.0f),

  /** A sign, two bits of exponent and one of mantissa, over 12; code 8 is a second zero. */
  FP4(
      0f / 12,
      0.0625f / 12,
      8f / 12,
      12f / 12,
      4f / 12,
      6f / 12,
      2f / 12,
      3f / 12, //
      -0f / 12,
      -0.0625f / 12,
      -8f / 12,
      -12f / 12,
      -4f / 12,
      -6f / 12,
      -2f / 12,
      -3f / 12);

  /** Values of a type. */
  public static final int SIZE = 16;

  private final float[] values;
  private final byte[] codesByValue = new byte[SIZE];
  private final CodeSearch search;

  FourBitType(float... values) {
    this.values = values;
    Integer[] order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    Arrays.sort(order, Comparator.comparing(code -> values[code] + 0f));
    float[] sorted = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      codesByValue[i] = order[i].byteValue();
      sorted[i] = values[order[i]];
    }
    search = new CodeSearch(sorted);
  }

  /** The type of a name as bitsandbytes writes it. */
  public static Optional<FourBitType> named(String name) {
    return Arrays.stream(values()).filter(t -> t.toString().equals(name)).findFirst();
  }

  /** The values in the order of their codes; a copy. */
  public float[] codebook() {
    return values.clone();
  }

  float value(int code) {
    return values[code];
  }

  /**
   * The code of the value nearest to x, and of two equally near ones that of the lower. FP4's two
   * zeros meet at 0: what is above becomes code 8.
   */
  int code(float x) {
    return codesByValue[search.nearest(x)];
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
