package dev.luthier.data.synthetic;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a text into chunks of at most so many characters: whole paragraphs, as many as fit. A
 * paragraph that is too long is cut between sentences, a sentence that is too long between words,
 * and a word that is too long anywhere.
 */
final class Chunker {
  /** Where a chunk stands in its text, {@code [start, end)} in UTF-16 positions. */
  record Span(int start, int end) {}

  private static final Pattern BLANK = Pattern.compile("\\R(?:[ \\t]*\\R)+");

  private final int most;

  /**
   * @param most characters of a chunk
   */
  Chunker(int most) {
    this.most = most;
  }

  /** The chunks in order; blank ones are left out. */
  List<Span> chunks(String text) {
    List<Span> pieces = new ArrayList<>();
    Matcher blank = BLANK.matcher(text);
    int start = 0;
    while (blank.find()) {
      addPieces(text, start, blank.start(), pieces);
      start = blank.end();
    }
    addPieces(text, start, text.length(), pieces);
    return packed(pieces);
  }

  /** Neighbours together while they fit. */
  private List<Span> packed(List<Span> pieces) {
    List<Span> chunks = new ArrayList<>();
    for (Span piece : pieces) {
      Span last = chunks.isEmpty() ? piece : chunks.get(chunks.size() - 1);
      if (!chunks.isEmpty() && piece.end() - last.start() <= most) {
        chunks.set(chunks.size() - 1, new Span(last.start(), piece.end()));
      } else {
        chunks.add(piece);
      }
    }
    return chunks;
  }

  private void addPieces(String text, int from, int to, List<Span> pieces) {
    int start = from;
    while (to - start > most) {
      int cut = start + cut(text.substring(start, start + most + 1));
      addTrimmed(text, start, cut, pieces);
      start = cut;
    }
    addTrimmed(text, start, to, pieces);
  }

  private static void addTrimmed(String text, int from, int to, List<Span> pieces) {
    int start = from;
    while (start < to && Character.isWhitespace(text.charAt(start))) {
      start++;
    }
    int end = to;
    while (end > start && Character.isWhitespace(text.charAt(end - 1))) {
      end--;
    }
    if (end > start) {
      pieces.add(new Span(start, end));
    }
  }

  /** The last place to cut in a window: after a sentence, else after a word, else at its end. */
  private int cut(String window) {
    for (BreakIterator breaks :
        List.of(
            BreakIterator.getSentenceInstance(Locale.ROOT),
            BreakIterator.getWordInstance(Locale.ROOT))) {
      breaks.setText(window);
      int at = breaks.preceding(window.length());
      if (at > 0 && at <= most) {
        return at;
      }
    }
    return Character.isHighSurrogate(window.charAt(most - 1)) ? most - 1 : most;
  }
}
