package dev.luthier.data.quality;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * UTF-8 that was read as windows-1252 (with the five bytes that it leaves undefined as U+0081,
 * U+008D, U+008F, U+0090 and U+009D, as the WHATWG's encoding standard has it).
 *
 * <p>A sequence counts when its characters, as bytes, are UTF-8 and could hardly have been meant as
 * they stand. {@code ß“} ends a German quotation and is NKo's ߓ in UTF-8, {@code é»} a French one:
 * lead bytes of letters that end words count only in runs.
 */
final class Mojibake {
  /** Characters of bytes 0x80 to 0x9F. */
  private static final String HIGH = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

  /** What may follow a word without a space. */
  private static final String CLOSING = "‘’“”–—…»\u00a0‹›„•";

  /** Consecutive characters of scripts other than Latin that make a run. */
  private static final int RUN = 3;

  private Mojibake() {}

  /**
   * One damaged stretch.
   *
   * @param decoded what it was; empty when bytes are lost
   */
  record Run(int start, int end, String decoded) {}

  static List<Run> runs(String text) {
    List<int[]> sequences = new ArrayList<>();
    boolean latin = false;
    boolean other = false;
    for (int i = 0; i < text.length(); ) {
      int end = end(text, i);
      if (end > i) {
        sequences.add(new int[] {i, end});
        boolean certain = isCertain(text, i, end);
        latin |= certain;
        other |= certain && isOther(text.charAt(i));
      } else if (text.startsWith("â€", i)) {
        end = i + 2;
        sequences.add(new int[] {i, end});
      }
      i = Math.max(i + 1, end);
    }
    List<Run> runs = new ArrayList<>();
    for (int[] sequence : sequences) {
      int start = sequence[0];
      int end = sequence[1];
      if (end(text, start) == start) {
        runs.add(new Run(start, end, ""));
      } else if (isCertain(text, start, end) || (isOther(text.charAt(start)) ? other : latin)) {
        runs.add(new Run(start, end, decode(text.substring(start, end))));
      }
    }
    return runs;
  }

  /** Returns what windows-1252 characters, as bytes, are in UTF-8. */
  static String decode(String damaged) {
    byte[] bytes = new byte[damaged.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) value(damaged.charAt(i));
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8: " + damaged, e);
    }
  }

  /** Returns the sign that windows-1252 has where Latin-1 has a control character; "" if none. */
  static String sign(char control) {
    if (control < 0x80 || control > 0x9F || HIGH.charAt(control - 0x80) == control) {
      return "";
    }
    return String.valueOf(HIGH.charAt(control - 0x80));
  }

  /**
   * Returns where the UTF-8 sequence that starts at i ends, with those of its like that follow; i
   * if none starts there.
   */
  private static int end(String text, int i) {
    int end = i + length(text, i);
    while (end > i && end < text.length() && isOther(text.charAt(i)) && isOther(text.charAt(end))) {
      int length = length(text, end);
      if (length == 0) {
        return end;
      }
      end += length;
    }
    return end;
  }

  private static boolean isLatin(int lead) {
    return lead >= 0xC2 && lead <= 0xC5;
  }

  /** General punctuation and signs (E2), full-width forms (EF) and emoji (F0). */
  private static boolean isSign(int lead) {
    return lead == 0xE2 || lead >= 0xEF;
  }

  /** The scripts whose lead bytes are letters that words end in. */
  private static boolean isOther(int lead) {
    return !isLatin(lead) && !isSign(lead);
  }

  /** Returns the chars of the valid UTF-8 sequence that starts at i; 0 if none does. */
  private static int length(String text, int i) {
    int lead = text.charAt(i);
    int length = lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 0 || i + length > text.length()) {
      return 0;
    }
    for (int k = 1; k < length; k++) {
      int value = value(text.charAt(i + k));
      if (value < 0x80 || value > 0xBF) {
        return 0;
      }
    }
    int second = value(text.charAt(i + 1));
    boolean overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    boolean outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
    return overlong || outside ? 0 : length;
  }

  /** Returns whether a sequence could hardly stand in a sound text. */
  private static boolean isCertain(String text, int start, int end) {
    int lead = text.charAt(start);
    if (isLatin(lead)) {
      boolean closes = CLOSING.indexOf(text.charAt(start + 1)) >= 0;
      boolean within = end < text.length() && Character.isLetter(text.charAt(end));
      boolean capitals = start > 0 && Character.isUpperCase(text.charAt(start - 1));
      return !closes || (!capitals && (within || lead == 0xC3 || lead == 0xC2));
    }
    if (isSign(lead)) {
      return CLOSING.indexOf(text.charAt(start + 1)) < 0
          || CLOSING.indexOf(text.charAt(start + 2)) < 0;
    }
    return end - start >= RUN * (lead < 0xE0 ? 2 : 3);
  }

  private static int value(char c) {
    int high = HIGH.indexOf(c);
    return high >= 0 ? 0x80 + high : c;
  }
}
