package dev.luthier.quant;

/** Rows of plain numbers, little-endian; importance changes nothing. */
final class PlainRows {
  private PlainRows() {}

  /** 32 bits as they are. */
  static void f32(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    for (int i = 0; i < columns; i++) {
      int bits = Float.floatToRawIntBits(in[from + i]);
      for (int part = 0; part < 4; part++) {
        out[at + 4 * i + part] = (byte) (bits >>> 8 * part);
      }
    }
  }

  /** 16 bits, ties to even. */
  static void f16(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    for (int i = 0; i < columns; i++) {
      Half.put(in[from + i], out, at + 2 * i);
    }
  }

  /** The upper half, ties to even. */
  static void bf16(float[] in, int from, int columns, float[] importance, byte[] out, int at) {
    for (int i = 0; i < columns; i++) {
      int bits = bfloat16(in[from + i]);
      out[at + 2 * i] = (byte) bits;
      out[at + 2 * i + 1] = (byte) (bits >>> 8);
    }
  }

  /** The upper half, rounded to nearest even; a file can hold infinite scales. */
  static short bfloat16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return (short) ((Float.isNaN(x) ? bits | 0x400000 : bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }
}
