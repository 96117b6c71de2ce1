package dev.luthier.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How sequences that are too long are cut. */
public interface Pieces {
  /** Anywhere. */
  Pieces PLAIN = framed(0, 0);

  /** Whether a sequence can stay as it is. */
  boolean fits(TokenSequence sequence, int maxLength);

  /** The sequence in pieces that fit, at least one. */
  List<TokenSequence> of(TokenSequence sequence, int maxLength);

  /**
   * Anywhere between a sequence's first and last tokens, which each piece gets.
   *
   * @param before how many first ones
   * @param after how many last ones
   */
  static Pieces framed(int before, int after) {
    return new Pieces() {
      @Override
      public boolean fits(TokenSequence sequence, int maxLength) {
        return sequence.length() <= maxLength;
      }

      @Override
      public List<TokenSequence> of(TokenSequence sequence, int maxLength) {
        List<TokenSequence> out = new ArrayList<>();
        int end = sequence.length() - after;
        int step = Math.max(1, maxLength - before - after);
        for (int from = before; from < end; from += step) {
          int to = Math.min(end, from + step);
          out.add(
              new TokenSequence(
                  part(sequence.tokens(), from, to),
                  part(sequence.labels(), from, to),
                  sequence.row(),
                  sequence.part(),
                  sequence.margin()));
        }
        return out;
      }

      private int[] part(int[] all, int from, int to) {
        int[] out = Arrays.copyOf(all, before + to - from + after);
        System.arraycopy(all, from, out, before, to - from);
        System.arraycopy(all, all.length - after, out, before + to - from, after);
        return out;
      }
    };
  }
}
