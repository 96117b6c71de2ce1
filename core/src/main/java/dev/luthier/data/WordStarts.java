package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.Tokenizer;
import java.util.BitSet;

/**
 * Which tokens go on with the word that the token before them is of, by their spelling: WordPiece
 * writes {@code ##} before those, byte-level BPE and SentencePiece a space before the others. With
 * the latter two, a mark of punctuation is a word of its own.
 */
final class WordStarts {
  private static final String CONTINUED = "##";

  /** GPT-2's letters for control characters and the space. */
  private static final int FIRST_BLANK = 0x100;

  private static final int LAST_BLANK = 0x120;
  private static final int SENTENCE_PIECE_SPACE = 0x2581;

  private final BitSet goesOn = new BitSet();
  private final BitSet ends = new BitSet(); // nothing goes on with a word after these

  /**
   * Looks at every token.
   *
   * @throws LuthierException if the spelling tells nothing of words
   */
  WordStarts(Tokenizer tokenizer) {
    BitSet spaced = new BitSet();
    BitSet pieces = new BitSet();
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      if (!tokenizer.isToken(id) || tokenizer.specialIds().contains(id)) {
        continue;
      }
      String token = tokenizer.token(id);
      int first = token.codePointAt(0);
      boolean piece = token.length() > CONTINUED.length() && token.startsWith(CONTINUED);
      pieces.set(id, piece);
      spaced.set(id, isBlank(first));
      goesOn.set(id, !isBlank(first) && isLetter(first));
      ends.set(id, !isLetter(token.codePointBefore(token.length())));
    }
    if (spaced.isEmpty() && pieces.isEmpty()) {
      throw new LuthierException(
          "mask.wholeWord: the tokenizer's entries do not say where words begin; leave it out");
    }
    if (spaced.isEmpty()) {
      goesOn.clear();
      goesOn.or(pieces);
      ends.clear();
    }
  }

  private static boolean isBlank(int letter) {
    return letter >= FIRST_BLANK && letter <= LAST_BLANK || letter == SENTENCE_PIECE_SPACE;
  }

  /** GPT-2's letters for the bytes of other scripts are letters, too. */
  private static boolean isLetter(int letter) {
    return letter > 0x7f || Character.isLetterOrDigit(letter);
  }

  /** Whether a token goes on with the word of the one before it. */
  boolean goesOn(int before, int id) {
    return goesOn.get(id) && !ends.get(before);
  }
}
