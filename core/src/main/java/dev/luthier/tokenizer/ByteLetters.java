package dev.luthier.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2's way to write bytes in a JSON vocabulary: a printable letter for each of the 256, so that
 * no token holds a space or a control character. Bytes that are visible Latin-1 characters stand
 * for themselves; the others take the letters from U+0100 on, in order (a space is {@code Ġ}).
 */
final class ByteLetters {
  private static final char[] LETTER = new char[256];

  /** The byte of each letter, -1 for characters that are none. */
  private static final short[] BYTE = new short[512];

  /** Bytes in GPT-2's order of ids: the visible ones first, then the others. */
  private static final byte[] ORDER = new byte[256];

  static {
    int next = 0;
    for (int b = 0; b < 256; b++) {
      if (isVisible(b)) {
        LETTER[b] = (char) b;
        ORDER[next++] = (byte) b;
      }
    }
    int letter = 256;
    for (int b = 0; b < 256; b++) {
      if (!isVisible(b)) {
        LETTER[b] = (char) letter++;
        ORDER[next++] = (byte) b;
      }
    }
  }

  static {
    Arrays.fill(BYTE, (short) -1);
    for (int b = 0; b < 256; b++) {
      BYTE[LETTER[b]] = (short) b;
    }
  }

  private ByteLetters() {}

  private static boolean isVisible(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
  }

  /** The byte with the given place among the 256 byte tokens. */
  static byte byteAt(int place) {
    return ORDER[place];
  }

  /** The bytes of a token, or null where it has other characters than these letters. */
  static byte @Nullable [] read(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char letter = token.charAt(i);
      if (letter >= BYTE.length || BYTE[letter] < 0) {
        return null;
      }
      bytes[i] = (byte) BYTE[letter];
    }
    return bytes;
  }

  static String write(byte[] bytes) {
    StringBuilder out = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      out.append(LETTER[b & 0xFF]);
    }
    return out.toString();
  }
}
