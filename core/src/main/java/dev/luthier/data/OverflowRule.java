package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.DataReport.Overflowed;
import dev.luthier.data.DataSettings.Overflow;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

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
  private final int together;

  /**
   * A rule.
   *
   * @param maxLength tokens per sequence
   */
  public OverflowRule(Overflow overflow, int maxLength) {
    this(overflow, maxLength, Pieces.PLAIN, 1);
  }

  /**
   * A rule for sequences that are cut in a way of their own.
   *
   * @param maxLength tokens per sequence
   * @param together how many of them, one after the other, belong together: if one of them would
   *     lose something that is trained, none is used
   */
  public OverflowRule(Overflow overflow, int maxLength, Pieces pieces, int together) {
    this.overflow = overflow;
    this.maxLength = maxLength;
    this.pieces = pieces;
    this.together = together;
  }

  /**
   * @param used which of the given sequences gave at least one
   * @param whole which of them kept their last trained token
   */
  public record Result(
      List<TokenSequence> sequences, Overflowed overflowed, BitSet used, BitSet whole) {}

  /**
   * @param rowOf which row of the files a sequence is of, counted over all of them
   * @param rows number of rows in the files, of which the share is taken
   * @throws LuthierException the rule is {@code error} and more than 1 % of the rows are too long
   */
  void check(List<TokenSequence> all, IntUnaryOperator rowOf, int rows) {
    Map<Integer, TokenSequence> longer = new LinkedHashMap<>();
    for (int i = 0; i < all.size(); i++) {
      TokenSequence one = all.get(i);
      if (!pieces.fits(one, maxLength)) {
        longer.merge(rowOf.applyAsInt(i), one, (a, b) -> b.length() > a.length() ? b : a);
      }
    }
    if (overflow == Overflow.ERROR && longer.size() > TOLERATED * rows) {
      throw tooMany(List.copyOf(longer.values()), rows);
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
      int first = i - i % together;
      if (together > 1 && isCut(all.subList(first, first + together))) {
        if (i == first) {
          dropped.add(sequence.row());
        }
        lost += sequence.trained();
        continue;
      }
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
      if (overflow != Overflow.SPLIT && losesLabels(sequence)) {
        whole.clear(i);
      }
      kept.addAll(parts);
      lost += sequence.trained() - parts.stream().mapToInt(TokenSequence::trained).sum();
    }
    return new Result(
        kept, new Overflowed(maxLength, longer(all).size(), dropped, lost), used, whole);
  }

  private boolean isCut(List<TokenSequence> group) {
    return group.stream()
        .anyMatch(s -> overflow == Overflow.TRUNCATE ? losesLabels(s) : !pieces.fits(s, maxLength));
  }

  private boolean losesLabels(TokenSequence sequence) {
    return sequence.trained(maxLength, sequence.length()) > 0;
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
