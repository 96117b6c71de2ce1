package dev.luthier.quant;

/**
 * ggml's blocks of 32 values as functions of arrays. {@code d} is the block's scale, {@code m} its
 * minimum, both 16-bit floats at its start; {@code q} are the codes. The first 16 values have the
 * lower halves of 16 bytes, the other 16 the upper halves.
 */
final class SmallBlocks {
  /** What the codes of IQ4_NL and IQ4_XS stand for. */
  static final byte[] UNEVEN = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private SmallBlocks() {}

  /** {@code d (q - 8)}: d, 16 bytes of codes. */
  static void q4Zero(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    for (int i = 0; i < 16; i++) {
      int pair = in[at + 2 + i];
      out[to + i] = d * ((pair & 0xF) - 8);
      out[to + 16 + i] = d * ((pair >>> 4 & 0xF) - 8);
    }
  }

  /** {@code d q + m}: d, m, 16 bytes of codes. */
  static void q4One(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    float m = Half.at(in, at + 2);
    for (int i = 0; i < 16; i++) {
      int pair = in[at + 4 + i];
      out[to + i] = d * (pair & 0xF) + m;
      out[to + 16 + i] = d * (pair >>> 4 & 0xF) + m;
    }
  }

  /** {@code d (q - 16)}: d, 32 fifth bits, 16 bytes of the lower four. */
  static void q5Zero(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    int high = int32(in, at + 2);
    for (int i = 0; i < 16; i++) {
      int pair = in[at + 6 + i];
      out[to + i] = d * ((pair & 0xF | (high >>> i & 1) << 4) - 16);
      out[to + 16 + i] = d * ((pair >>> 4 & 0xF | (high >>> i + 16 & 1) << 4) - 16);
    }
  }

  /** {@code d q + m}: d, m, 32 fifth bits, 16 bytes of the lower four. */
  static void q5One(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    float m = Half.at(in, at + 2);
    int high = int32(in, at + 4);
    for (int i = 0; i < 16; i++) {
      int pair = in[at + 8 + i];
      out[to + i] = d * (pair & 0xF | (high >>> i & 1) << 4) + m;
      out[to + 16 + i] = d * (pair >>> 4 & 0xF | (high >>> i + 16 & 1) << 4) + m;
    }
  }

  /** {@code d q}: d, 32 signed bytes. */
  static void q8Zero(byte[] in, int at, float[] out, int to) {
    float d = Half.at(in, at);
    for (int i = 0; i < 32; i++) {
      out[to + i] = d * in[at + 2 + i];
    }
  }

  /** {@code d u(q)} with u the 16 uneven values: d, 16 bytes of codes. */
  static void iq4Nl(byte[] in, int at, float[] out, int to) {
    uneven(Half.at(in, at), in, at + 2, out, to);
  }

  /** 32 values of uneven distances from 16 bytes. */
  static void uneven(float d, byte[] in, int at, float[] out, int to) {
    for (int i = 0; i < 16; i++) {
      int pair = in[at + i];
      out[to + i] = d * UNEVEN[pair & 0xF];
      out[to + 16 + i] = d * UNEVEN[pair >>> 4 & 0xF];
    }
  }

  private static int int32(byte[] in, int at) {
    return in[at] & 0xFF | (in[at + 1] & 0xFF) << 8 | (in[at + 2] & 0xFF) << 16 | in[at + 3] << 24;
  }
}
