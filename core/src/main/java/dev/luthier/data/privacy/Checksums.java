package dev.luthier.data.privacy;

import java.math.BigInteger;

/** Check digits. Arguments are ASCII digits, except where letters are named. */
final class Checksums {
  /** The dihedral group D5, and the permutation applied once per position (Verhoeff 1969). */
  private static final String[] DIHEDRAL = {
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"
  };

  private static final String[] PERMUTED = {
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258"
  };

  private Checksums() {}

  static int digit(String digits, int i) {
    return digits.charAt(i) - '0';
  }

  /**
   * ISO/IEC 7812-1: every second digit from the right doubled, the sum of digits divisible by 10.
   */
  static boolean luhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int d = digit(digits, i) * ((digits.length() - i) % 2 == 0 ? 2 : 1);
      sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
  }

  /** Returns the remainder by 97 of digits and letters, letters counting as 10 to 35. */
  static int mod97(String alphanumeric) {
    int rest = 0;
    for (int i = 0; i < alphanumeric.length(); i++) {
      int value = Character.digit(alphanumeric.charAt(i), 36);
      rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest;
  }

  static boolean verhoeff(String digits) {
    int c = 0;
    for (int i = 0; i < digits.length(); i++) {
      int d = digit(digits, digits.length() - 1 - i);
      c = digit(DIHEDRAL[c], digit(PERMUTED[i % 8], d));
    }
    return c == 0;
  }

  /** ISO/IEC 7064, MOD 11,10. */
  static boolean iso7064Mod11And10(String digits) {
    int product = 10;
    for (int i = 0; i < digits.length() - 1; i++) {
      int sum = (digit(digits, i) + product) % 10;
      product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (11 - product) % 10 == digit(digits, digits.length() - 1);
  }

  /** Returns the sum of the first digits, each times its weight. */
  static int weighted(String digits, int... weights) {
    int sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i] * digit(digits, i);
    }
    return sum;
  }

  static int mod(String digits, int divisor) {
    return new BigInteger(digits).mod(BigInteger.valueOf(divisor)).intValue();
  }
}
