package dev.luthier.data;

import dev.luthier.tokenizer.Encoding;

/**
 * Labels from characters: a token is trained where its first character is. A token that begins
 * before a trained stretch and reaches into it (the space of a header joined to the first word) is
 * read and not trained; one that begins inside and reaches past the end is trained.
 *
 * @param labels (T) ids, or {@link TokenSequence#IGNORED}
 * @param straddling tokens that reach into a trained stretch from before it
 * @param firstUncovered position of the first printing character to be trained that no token
 *     covers, -1 when there is none
 */
@SuppressWarnings("ArrayRecordComponent")
record LabelMask(int[] labels, int straddling, int firstUncovered) {

  /**
   * @param trained which UTF-16 units of the text are trained
   */
  static LabelMask of(String text, Encoding encoding, boolean[] trained) {
    int[] labels = new int[encoding.length()];
    int straddling = 0;
    int uncovered = -1;
    int covered = 0;
    for (int t = 0; t < labels.length; t++) {
      int start = encoding.starts()[t];
      int end = encoding.ends()[t];
      if (start > covered && uncovered < 0) {
        uncovered = firstPrinting(text, trained, covered, start);
      }
      covered = Math.max(covered, end);
      labels[t] = TokenSequence.IGNORED;
      if (start < trained.length && trained[start]) {
        labels[t] = encoding.ids()[t];
      } else if (any(trained, start, end)) {
        straddling++;
      }
    }
    if (uncovered < 0) {
      uncovered = firstPrinting(text, trained, covered, trained.length);
    }
    return new LabelMask(labels, straddling, uncovered);
  }

  private static boolean any(boolean[] trained, int from, int to) {
    for (int i = from; i < to; i++) {
      if (trained[i]) {
        return true;
      }
    }
    return false;
  }

  private static int firstPrinting(String text, boolean[] trained, int from, int to) {
    for (int i = from; i < to; i++) {
      if (trained[i] && prints(text.charAt(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Tokenizers may drop white space and invisible characters, nothing else. */
  private static boolean prints(char c) {
    return !Character.isWhitespace(c)
        && !Character.isISOControl(c)
        && !Character.isSpaceChar(c)
        && Character.getType(c) != Character.FORMAT;
  }
}
