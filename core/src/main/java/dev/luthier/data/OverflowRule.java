package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataReport.Overflowed;
import dev.luthier.data.DataSettings.Overflow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Makes every sequence fit.
 *
 * <ul>
 *   <li>{@code error}: more than 1 % of the rows too long stops the run; fewer are dropped
 *   <li>{@code drop}: left out
 *   <li>{@code truncate}: the first {@code maxLength} tokens are kept
 *   <li>{@code split}: continued in further sequences; the first token of each piece has no context
 *       and is not trained
 * </ul>
 *
 * A sequence or piece without a trained token is left out.
 */
public final class OverflowRule {
  /** More than this share of the rows stops the run. */
  public static final double TOLERATED = 0.01;

  private final Overflow overflow;
  private final int maxLength;

  /**
   * A rule.
   *
   * @param maxLength tokens per sequence
   */
  public OverflowRule(Overflow overflow, int maxLength) {
    this.overflow = overflow;
    this.maxLength = maxLength;
  }

  /**
   * @param used which of the given sequences gave at least one
   * @param whole which of them kept their last trained token
   */
  public record Result(
      List<TokenSequence> sequences, Overflowed overflowed, BitSet used, BitSet whole) {}

  /**
   * @param rows number of rows in the files, of which the share is taken
   * @throws LuthierException the rule is {@code error} and more than 1 % of the rows are too long
   */
  void check(List<TokenSequence> all, int rows) {
    List<TokenSequence> longer = longer(all);
    if (overflow == Overflow.ERROR && longer.size() > TOLERATED * rows) {
      throw tooMany(longer, rows);
    }
  }

  private List<TokenSequence> longer(List<TokenSequence> all) {
    return all.stream().filter(sequence -> sequence.length() > maxLength).toList();
  }

  /** Makes each fit. */
  public Result apply(List<TokenSequence> all) {
    List<TokenSequence> kept = new ArrayList<>();
    List<Integer> dropped = new ArrayList<>();
    long lost = 0;
    BitSet used = new BitSet();
    BitSet whole = new BitSet();
    for (int i = 0; i < all.size(); i++) {
      TokenSequence sequence = all.get(i);
      used.set(i);
      whole.set(i);
      if (sequence.length() <= maxLength) {
        kept.add(sequence);
        continue;
      }
      List<TokenSequence> pieces =
          pieces(sequence).stream().filter(piece -> piece.trained() > 0).toList();
      if (pieces.isEmpty()) {
        dropped.add(sequence.row());
        used.clear(i);
      }
      if (overflow != Overflow.SPLIT && sequence.trained(maxLength, sequence.length()) > 0) {
        whole.clear(i);
      }
      kept.addAll(pieces);
      lost += sequence.trained() - pieces.stream().mapToInt(TokenSequence::trained).sum();
    }
    return new Result(
        kept, new Overflowed(maxLength, longer(all).size(), dropped, lost), used, whole);
  }

  private List<TokenSequence> pieces(TokenSequence sequence) {
    List<TokenSequence> pieces = new ArrayList<>();
    switch (overflow) {
      case ERROR, DROP -> {}
      case TRUNCATE -> pieces.add(cut(sequence, 0));
      case SPLIT -> {
        for (int from = 0; from < sequence.length(); from += maxLength) {
          pieces.add(cut(sequence, from));
        }
      }
    }
    return pieces;
  }

  private TokenSequence cut(TokenSequence sequence, int from) {
    int to = Math.min(sequence.length(), from + maxLength);
    return new TokenSequence(
        Arrays.copyOfRange(sequence.tokens(), from, to),
        Arrays.copyOfRange(sequence.labels(), from, to),
        sequence.row());
  }

  private LuthierException tooMany(List<TokenSequence> longer, int rows) {
    StringBuilder list = new StringBuilder();
    longer.stream()
        .limit(RefusedRows.LISTED)
        .forEach(
            s ->
                list.append("\n  row ")
                    .append(s.row())
                    .append(": ")
                    .append(s.length())
                    .append(" tokens"));
    if (longer.size() > RefusedRows.LISTED) {
      list.append("\n  and ").append(longer.size() - RefusedRows.LISTED).append(" more");
    }
    int longest = longer.stream().mapToInt(TokenSequence::length).max().orElse(0);
    return new LuthierException(
        longer.size()
            + " of "
            + rows
            + " rows are longer than data.maxLength = "
            + maxLength
            + " tokens (at most 1 % may be); the longest has "
            + longest
            + ":"
            + list
            + "\nRaise data.maxLength, or say what to do with them: data.overflow=drop, truncate"
            + " (the end is lost) or split.");
  }
}
