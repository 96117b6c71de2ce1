package dev.luthier.quant;

import dev.luthier.format.GgufType;
import java.util.ArrayList;
import java.util.List;

/**
 * The values of one block, in double precision, read off the published layouts: a cursor runs over
 * the values in order, and each formula says where its bits stand.
 */
final class GgufLayout {
  private static final int[] UNEVEN = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private final byte[] b;
  private final List<Double> y = new ArrayList<>();

  private GgufLayout(byte[] block) {
    b = block;
  }

  static double[] values(GgufType type, byte[] block) {
    GgufLayout l = new GgufLayout(block);
    switch (type) {
      case Q4_0 -> l.small(i -> l.half(0) * (l.nibble(2, i) - 8));
      case Q4_1 -> l.small(i -> l.half(0) * l.nibble(4, i) + l.half(2));
      case Q5_0 -> l.small(i -> l.half(0) * (l.nibble(6, i) + 16 * l.bit(2, i) - 16));
      case Q5_1 -> l.small(i -> l.half(0) * (l.nibble(8, i) + 16 * l.bit(4, i)) + l.half(2));
      case Q8_0 -> l.small(i -> l.half(0) * l.b[2 + i]);
      case IQ4_NL -> l.small(i -> l.half(0) * UNEVEN[l.nibble(2, i)]);
      case Q2_K -> l.q2();
      case Q3_K -> l.q3();
      case Q4_K -> l.q45(false);
      case Q5_K -> l.q45(true);
      case Q6_K -> l.q6();
      case IQ4_XS -> l.iq4Xs();
      case Q8_K -> l.q8();
      case TQ1_0 -> l.tq1();
      case TQ2_0 -> l.tq2();
      default -> throw new IllegalArgumentException(type.name());
    }
    return l.y.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private interface Formula {
    double at(int i);
  }

  private void small(Formula f) {
    for (int i = 0; i < 32; i++) {
      y.add(f.at(i));
    }
  }

  private int u(int at) {
    return b[at] & 0xFF;
  }

  /** Of 32 values in 16 bytes, halves first. */
  private int nibble(int at, int i) {
    return i < 16 ? u(at + i) % 16 : u(at + i - 16) / 16;
  }

  private int bit(int at, int i) {
    return u(at + i / 8) >> i % 8 & 1;
  }

  private double half(int at) {
    int h = u(at) + 256 * u(at + 1);
    int exponent = h / 1024 % 32;
    double m = exponent == 0 ? h % 1024 / 1024.0 : 1 + h % 1024 / 1024.0;
    return (h >= 32768 ? -1 : 1) * m * Math.pow(2, Math.max(1, exponent) - 15);
  }

  private void q2() {
    for (int n = 0, is = 0; n < 2; n++) {
      for (int shift = 0; shift < 8; shift += 2) {
        for (int h = 0; h < 2; h++, is++) {
          for (int l = 0; l < 16; l++) {
            int q = u(16 + n * 32 + h * 16 + l) >> shift & 3;
            y.add(half(80) * (u(is) % 16) * q - half(82) * (u(is) / 16));
          }
        }
      }
    }
  }

  private void q3() {
    int[] s = new int[16];
    for (int i = 0; i < 4; i++) {
      int high = u(96 + 8 + i);
      s[i] = u(96 + i) % 16 + 16 * (high & 3);
      s[i + 4] = u(100 + i) % 16 + 16 * (high >> 2 & 3);
      s[i + 8] = u(96 + i) / 16 + 16 * (high >> 4 & 3);
      s[i + 12] = u(100 + i) / 16 + 16 * (high >> 6 & 3);
    }
    int mask = 1;
    for (int n = 0, is = 0; n < 2; n++) {
      for (int shift = 0; shift < 8; shift += 2, mask *= 2) {
        for (int h = 0; h < 2; h++, is++) {
          for (int l = 0; l < 16; l++) {
            int q = u(32 + n * 32 + h * 16 + l) >> shift & 3;
            q -= (u(h * 16 + l) & mask) == 0 ? 4 : 0;
            y.add(half(108) * (s[is] - 32) * q);
          }
        }
      }
    }
  }

  /** Scale and minimum of a sub-block of Q4_K and Q5_K. */
  private int[] sixBits(int j) {
    return j < 4
        ? new int[] {u(4 + j) & 63, u(8 + j) & 63}
        : new int[] {u(8 + j) % 16 + (u(j) >> 6) * 16, u(8 + j) / 16 + (u(4 + j) >> 6) * 16};
  }

  private void q45(boolean five) {
    int codes = five ? 48 : 16;
    for (int j = 0; j < 8; j++) {
      int[] sm = sixBits(j);
      for (int l = 0; l < 32; l++) {
        int pair = u(codes + j / 2 * 32 + l);
        int q = j % 2 == 0 ? pair % 16 : pair / 16;
        q += five ? (u(16 + l) >> j & 1) * 16 : 0;
        y.add(half(0) * sm[0] * q - half(2) * sm[1]);
      }
    }
  }

  private void q6() {
    double[] out = new double[256];
    for (int n = 0; n < 2; n++) {
      for (int l = 0; l < 32; l++) {
        int ql = n * 64 + l;
        int qh = u(128 + n * 32 + l);
        int[] q = {
          u(ql) % 16 + (qh & 3) * 16,
          u(ql + 32) % 16 + (qh >> 2 & 3) * 16,
          u(ql) / 16 + (qh >> 4 & 3) * 16,
          u(ql + 32) / 16 + (qh >> 6) * 16
        };
        for (int k = 0; k < 4; k++) {
          int scale = b[192 + n * 8 + l / 16 + 2 * k];
          out[n * 128 + k * 32 + l] = half(208) * scale * (q[k] - 32);
        }
      }
    }
    for (double x : out) {
      y.add(x);
    }
  }

  private void q8() {
    int bits = u(0) + (u(1) << 8) + (u(2) << 16) + (u(3) << 24);
    for (int i = 0; i < 256; i++) {
      y.add((double) Float.intBitsToFloat(bits) * b[4 + i]);
    }
  }

  private void iq4Xs() {
    int high = u(2) + 256 * u(3);
    for (int j = 0; j < 8; j++) {
      int low = j % 2 == 0 ? u(4 + j / 2) % 16 : u(4 + j / 2) / 16;
      int scale = low + 16 * (high >> 2 * j & 3) - 32;
      for (int i = 0; i < 32; i++) {
        y.add(half(0) * scale * UNEVEN[nibble(8 + 16 * j, i)]);
      }
    }
  }

  private void tq1() {
    int[][] parts = {{0, 32, 5}, {32, 16, 5}, {48, 4, 4}};
    for (int[] p : parts) {
      for (int n = 0, power = 1; n < p[2]; n++, power *= 3) {
        for (int m = 0; m < p[1]; m++) {
          y.add(half(52) * (u(p[0] + m) * power % 256 * 3 / 256 - 1));
        }
      }
    }
  }

  private void tq2() {
    for (int j = 0; j < 64; j += 32) {
      for (int l = 0; l < 4; l++) {
        for (int m = 0; m < 32; m++) {
          y.add(half(64) * ((u(j + m) >> 2 * l & 3) - 1));
        }
      }
    }
  }
}
