package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataReport.Overflowed;
import dev.luthier.data.DataSettings.Overflow;
import java.util.ArrayList;
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
  private final Pieces pieces;

  /**
   * A rule.
   *
   * @param maxLength tokens per sequence
   */
  public OverflowRule(Overflow overflow, int maxLength) {
    this(overflow, maxLength, Pieces.PLAIN);
  }

  /**
   * A rule for sequences that are cut in a way of their own.
   *
   * @param maxLength tokens per sequence
   */
  public OverflowRule(Overflow overflow, int maxLength, Pieces pieces) {
    this.overflow = overflow;
    this.maxLength = maxLength;
    this.pieces = pieces;
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
    return all.stream().filter(sequence -> !pieces.fits(sequence, maxLength)).toList();
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
      if (pieces.fits(sequence, maxLength)) {
        kept.add(sequence);
        continue;
      }
      List<TokenSequence> parts =
          parts(sequence).stream().filter(piece -> piece.trained() > 0).toList();
      if (parts.isEmpty()) {
        dropped.add(sequence.row());
        used.clear(i);
      }
      if (overflow != Overflow.SPLIT && sequence.trained(maxLength, sequence.length()) > 0) {
        whole.clear(i);
      }
      kept.addAll(parts);
      lost += sequence.trained() - parts.stream().mapToInt(TokenSequence::trained).sum();
    }
    return new Result(
        kept, new Overflowed(maxLength, longer(all).size(), dropped, lost), used, whole);
  }

  private List<TokenSequence> parts(TokenSequence sequence) {
    return switch (overflow) {
      case ERROR, DROP -> List.of();
      case TRUNCATE -> pieces.of(sequence, maxLength).subList(0, 1);
      case SPLIT -> pieces.of(sequence, maxLength);
    };
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
