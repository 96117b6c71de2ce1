package dev.luthier.tokenizer;

import java.util.Arrays;

/**
 * Turns ids into text as they come, one at a time, and gives out only text that later ids cannot
 * change: never half of a character. All pieces and {@link #finish} together are exactly {@link
 * Tokenizer#decode} of all the ids.
 *
 * <p>A replacement character U+FFFD at the end is held back, since it may be the first bytes of a
 * character; with tokenizers whose odd characters fall back to byte tokens ({@code <0xE4>}), a run
 * of such tokens is held back until it ends, for the last byte decides how the whole run reads.
 *
 * <p>Not for several threads.
 */
public final class IncrementalDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;

  /**
   * Ids that are decoded again with the next one: at least the last one, since how a token reads
   * depends on whether one stands before it (leading spaces); at most back to the last place where
   * all text was certain.
   */
  private int[] window = new int[16];

  private int length;

  /** How much of the window's text has been given out. */
  private int given;

  /**
   * @param skipSpecialTokens whether special tokens give no text
   */
  public IncrementalDecoder(Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /** The text that has become certain with this id; often empty. */
  public String next(int id) {
    // Ids without text are no context for the next one, as in decode.
    if (!tokenizer.isToken(id) || (skipSpecialTokens && tokenizer.specialIds().contains(id))) {
      return "";
    }
    if (length == window.length) {
      window = Arrays.copyOf(window, 2 * length);
    }
    window[length++] = id;
    if (tokenizer.isByteToken(id)) {
      return "";
    }
    String text = decodeWindow();
    int certain = text.length();
    if (certain > 0 && text.charAt(certain - 1) == REPLACEMENT) {
      certain--;
    }
    String piece = text.substring(Math.min(given, certain), certain);
    given = Math.max(given, certain);
    if (certain == text.length()) {
      startWindowAt(id);
    }
    return piece;
  }

  /** What was held back. The decoder then begins anew. */
  public String finish() {
    String text = decodeWindow();
    String rest = text.substring(Math.min(given, text.length()));
    length = 0;
    given = 0;
    return rest;
  }

  private void startWindowAt(int id) {
    window[0] = id;
    length = 1;
    given = decodeWindow().length();
  }

  private String decodeWindow() {
    return tokenizer.decode(Arrays.copyOf(window, length), skipSpecialTokens);
  }
}
