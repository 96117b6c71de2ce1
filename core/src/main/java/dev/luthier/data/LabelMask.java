package dev.luthier.data;

import dev.luthier.tokenizer.Encoding;
import java.util.Arrays;
import java.util.List;

/**
 * Labels from spans of the text: a token is trained where it starts inside a span. A token that
 * begins before a span and reaches into it (the space of a header joined to the first word) is read
 * and not trained; one that begins inside and reaches past the end is trained.
 *
 * @param labels (T) ids, or {@link TokenSequence#IGNORED}
 * @param straddling tokens that reach into a span from before it
 * @param firstUncovered position of the first printing character in a span that no token covers, -1
 *     when there is none
 */
@SuppressWarnings("ArrayRecordComponent")
record LabelMask(int[] labels, int straddling, int firstUncovered) {

  /** A stretch of text, {@code [start, end)} in UTF-16 positions. */
  record Span(int start, int end) {}

  /**
   * @param spans in order, not overlapping
   */
  static LabelMask of(String text, Encoding encoding, List<Span> spans) {
    int[] labels = new int[encoding.length()];
    Arrays.fill(labels, TokenSequence.IGNORED);
    boolean[] covered = new boolean[text.length()];
    int straddling = 0;
    int next = 0;
    for (int t = 0; t < labels.length; t++) {
      int start = encoding.starts()[t];
      int end = encoding.ends()[t];
      Arrays.fill(covered, start, end, true);
      while (next < spans.size() && spans.get(next).end() <= start) {
        next++;
      }
      if (next < spans.size()) {
        Span span = spans.get(next);
        if (start >= span.start()) {
          labels[t] = encoding.ids()[t];
        } else if (end > span.start()) {
          straddling++;
        }
      }
    }
    return new LabelMask(labels, straddling, firstUncovered(text, covered, spans));
  }

  private static int firstUncovered(String text, boolean[] covered, List<Span> spans) {
    for (Span span : spans) {
      for (int i = span.start(); i < span.end(); i++) {
        if (!covered[i] && prints(text.charAt(i))) {
          return i;
        }
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
