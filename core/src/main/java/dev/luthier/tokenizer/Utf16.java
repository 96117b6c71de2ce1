package dev.luthier.tokenizer;

/** Between Java's strings, counted in UTF-16 units, and Rust's, counted in code points. */
final class Utf16 {
  private Utf16() {}

  /** Replaces each half of a surrogate pair by U+FFFD: Rust's strings cannot hold one. */
  static String withoutLoneSurrogates(String text) {
    int bad = nextLoneSurrogate(text, 0);
    if (bad < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text);
    for (; bad >= 0; bad = nextLoneSurrogate(text, bad + 1)) {
      out.setCharAt(bad, '\uFFFD');
    }
    return out.toString();
  }

  private static int nextLoneSurrogate(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  /** Turns spans in code points into spans in UTF-16 units. */
  static Encoding fromCodePoints(String text, Encoding encoding) {
    int points = text.codePointCount(0, text.length());
    if (points == text.length()) {
      return encoding;
    }
    int[] unit = new int[points + 1];
    for (int point = 0, at = 0; point < points; point++) {
      unit[point] = at;
      at += Character.charCount(text.codePointAt(at));
    }
    unit[points] = text.length();
    int[] starts = new int[encoding.length()];
    int[] ends = new int[encoding.length()];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = unit[encoding.starts()[i]];
      ends[i] = unit[encoding.ends()[i]];
    }
    return new Encoding(encoding.ids(), starts, ends);
  }
}
