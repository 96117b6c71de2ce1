package dev.luthier.quant;

/**
 * ggml's superblocks of 256 values as functions of arrays. A superblock has scales {@code d} (and
 * {@code dmin}) in 16-bit floats, its sub-blocks have small integers that multiply them: {@code s}
 * (and {@code m} for minimums); {@code q} are the codes.
 */
final class SuperBlocks {
  private static final int[] POWERS_OF_THREE = {1, 3, 9, 27, 81};

  private SuperBlocks() {}

  /**
   * {@code d s q - dmin m}, 16 sub-blocks: 16 bytes of s (lower four bits) and m, 64 of codes, d,
   * dmin. A byte of codes has one value of each of four sub-blocks that are 32 values apart.
   */
  static void q2(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at + 80);
    float dmin = Half.at(in, at + 82);
    for (int block = 0; block < 16; block++) {
      int scales = in[at + block];
      float scale = d * (scales & 0xF);
      float min = dmin * (scales >>> 4 & 0xF);
      int codes = at + 16 + block / 8 * 32 + block % 2 * 16;
      int shift = block / 2 % 4 * 2;
      for (int i = 0; i < 16; i++) {
        out[to + block * 16 + i] = scale * (in[codes + i] >>> shift & 3) - min;
      }
    }
  }

  /**
   * {@code d (s - 32) (q - 4)}, 16 sub-blocks: 32 bytes of third bits, 64 of the lower two as in
   * {@link #q2}, 12 of s, d.
   */
  static void q3(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at + 108);
    for (int block = 0; block < 16; block++) {
      float scale = d * (q3Scale(in, at + 96, block) - 32);
      int half = block % 2 * 16;
      int codes = at + 32 + block / 8 * 32 + half;
      int shift = block / 2 % 4 * 2;
      int bit = block / 2;
      for (int i = 0; i < 16; i++) {
        int high = in[at + half + i] >>> bit & 1;
        out[to + block * 16 + i] = scale * ((in[codes + i] >>> shift & 3 | high << 2) - 4);
      }
    }
  }

  /** Six bits: the lower four in 8 bytes, two to a byte, the upper two in 4 bytes. */
  private static int q3Scale(byte[] in, int at, int block) {
    int low = in[at + block % 8] >>> block / 8 * 4 & 0xF;
    int high = in[at + 8 + block % 4] >>> block / 4 * 2 & 3;
    return low | high << 4;
  }

  /**
   * {@code d s q - dmin m}, 8 sub-blocks: d, dmin, 12 bytes of s and m, 128 of codes. Of 32 bytes
   * of codes the lower halves are one sub-block, the upper halves the next.
   */
  static void q4(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    float dmin = Half.at(in, at + 2);
    for (int block = 0; block < 8; block++) {
      float scale = d * scale(in, at + 4, block);
      float min = dmin * min(in, at + 4, block);
      int codes = at + 16 + block / 2 * 32;
      int shift = block % 2 * 4;
      int values = to + block * 32;
      for (int i = 0; i < 32; i++) {
        out[values + i] = scale * (in[codes + i] >>> shift & 0xF) - min;
      }
    }
  }

  /** As {@link #q4}, with 32 bytes of fifth bits, a bit for each sub-block, before the codes. */
  static void q5(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    float dmin = Half.at(in, at + 2);
    for (int block = 0; block < 8; block++) {
      float scale = d * scale(in, at + 4, block);
      float min = dmin * min(in, at + 4, block);
      int codes = at + 48 + block / 2 * 32;
      int shift = block % 2 * 4;
      int values = to + block * 32;
      for (int i = 0; i < 32; i++) {
        int high = in[at + 16 + i] >>> block & 1;
        out[values + i] = scale * (in[codes + i] >>> shift & 0xF | high << 4) - min;
      }
    }
  }

  /** Six bits of s: whole for sub-blocks 0 to 3, in two parts for the others. */
  private static int scale(byte[] in, int at, int block) {
    return block < 4
        ? in[at + block] & 0x3F
        : in[at + block + 4] & 0xF | (in[at + block - 4] >>> 6 & 3) << 4;
  }

  /** Six bits of m: whole for sub-blocks 0 to 3, in two parts for the others. */
  private static int min(byte[] in, int at, int block) {
    return block < 4
        ? in[at + block + 4] & 0x3F
        : in[at + block + 4] >>> 4 & 0xF | (in[at + block] >>> 6 & 3) << 4;
  }

  /**
   * {@code d s (q - 32)}, 16 sub-blocks: 128 bytes of the lower four bits, 64 of the upper two, 16
   * signed s, d. Of 128 values, the lower halves of 64 bytes are the first 64, the upper halves the
   * others; 32 bytes hold their upper bits, two for each 32 values.
   */
  static void q6(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at + 208);
    for (int block = 0; block < 16; block++) {
      float scale = d * in[at + 192 + block];
      int low = at + block / 8 * 64 + block % 4 * 16;
      int lowShift = block / 4 % 2 * 4;
      int high = at + 128 + block / 8 * 32 + block % 2 * 16;
      int highShift = block / 2 % 4 * 2;
      for (int i = 0; i < 16; i++) {
        int q = in[low + i] >>> lowShift & 0xF | (in[high + i] >>> highShift & 3) << 4;
        out[to + block * 16 + i] = scale * (q - 32);
      }
    }
  }

  /** {@code d q}: d in 32 bits, 256 signed bytes, sums that are not needed. */
  static void q8(byte[] in, int at, float[] out, int to) {
    float d =
        Float.intBitsToFloat(
            in[at] & 0xFF
                | (in[at + 1] & 0xFF) << 8
                | (in[at + 2] & 0xFF) << 16
                | in[at + 3] << 24);
    for (int i = 0; i < 256; i++) {
      out[to + i] = d * in[at + 4 + i];
    }
  }

  /**
   * {@code d (s - 32) u(q)} with u the 16 uneven values, 8 sub-blocks: d, 2 bytes of the upper two
   * bits of s, 4 of the lower four, 128 of codes.
   */
  static void iq4Xs(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    int high = in[at + 2] & 0xFF | in[at + 3] << 8;
    for (int block = 0; block < 8; block++) {
      int low = in[at + 4 + block / 2] >>> block % 2 * 4 & 0xF;
      int scale = low | (high >>> block * 2 & 3) << 4;
      SmallBlocks.uneven(d * (scale - 32), in, at + 8 + block * 16, out, to + block * 32);
    }
  }

  /**
   * {@code d (q - 1)}, three values of q: 48 bytes of five codes each, 4 of four, d. A byte is a
   * fixed-point fraction of 3^5 whose digits to base 3 are the codes.
   */
  static void tq1(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at + 52);
    digits(d, in, at, 32, 5, out, to);
    digits(d, in, at + 32, 16, 5, out, to + 160);
    digits(d, in, at + 48, 4, 4, out, to + 240);
  }

  private static void digits(
      float d, byte[] in, int at, int bytes, int digits, float[] out, int to) {
    for (int digit = 0; digit < digits; digit++) {
      for (int i = 0; i < bytes; i++) {
        int rest = in[at + i] * POWERS_OF_THREE[digit] & 0xFF;
        out[to + digit * bytes + i] = d * ((rest * 3 >>> 8) - 1);
      }
    }
  }

  /** {@code d (q - 1)}: 64 bytes of four codes each, 32 values apart, d. */
  static void tq2(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at + 64);
    for (int i = 0; i < 256; i++) {
      int code = in[at + i / 128 * 32 + i % 32] >>> i / 32 % 4 * 2 & 3;
      out[to + i] = d * (code - 1);
    }
  }
}
