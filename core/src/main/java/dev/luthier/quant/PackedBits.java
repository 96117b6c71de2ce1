package dev.luthier.quant;

/** Codes of 256 values as superblocks hold them. */
final class PackedBits {
  private PackedBits() {}

  /** The lower two bits: 64 bytes, each of four values that are 32 apart. */
  static void twoBits(byte[] codes, byte[] out, int at) {
    for (int i = 0; i < 64; i++) {
      int value = i / 32 * 128 + i % 32;
      int bits = 0;
      for (int part = 0; part < 4; part++) {
        bits |= (codes[value + 32 * part] & 3) << 2 * part;
      }
      out[at + i] = (byte) bits;
    }
  }
}
