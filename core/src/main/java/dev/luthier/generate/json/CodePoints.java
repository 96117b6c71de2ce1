package dev.luthier.generate.json;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;

/** A set of Unicode code points, halves of surrogate pairs never among them. Immutable. */
final class CodePoints {
  static final CodePoints NONE = new CodePoints(new BitSet());
  static final CodePoints ALL = range(0, Character.MAX_CODE_POINT);

  private final BitSet set;

  private CodePoints(BitSet set) {
    set.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
    this.set = set;
  }

  /** Both ends belong to it. */
  static CodePoints range(int first, int last) {
    BitSet set = new BitSet();
    set.set(first, last + 1);
    return new CodePoints(set);
  }

  static CodePoints of(String characters) {
    BitSet set = new BitSet();
    characters.codePoints().forEach(set::set);
    return new CodePoints(set);
  }

  boolean contains(int point) {
    return set.get(point);
  }

  /** Its one member, if it has just one. */
  OptionalInt only() {
    return set.cardinality() == 1 ? OptionalInt.of(set.nextSetBit(0)) : OptionalInt.empty();
  }

  CodePoints or(CodePoints other) {
    BitSet union = (BitSet) set.clone();
    union.or(other.set);
    return new CodePoints(union);
  }

  CodePoints without(int first, int last) {
    BitSet rest = (BitSet) set.clone();
    rest.clear(first, last + 1);
    return new CodePoints(rest);
  }

  CodePoints complement() {
    BitSet rest = (BitSet) ALL.set.clone();
    rest.andNot(set);
    return new CodePoints(rest);
  }

  /** One of them in UTF-8. */
  Grammar utf8() {
    List<Grammar> ways = new ArrayList<>();
    ByteSet ascii = ByteSet.of();
    for (int from = set.nextSetBit(0); from >= 0; from = set.nextSetBit(from)) {
      int end = set.nextClearBit(from);
      if (from < 0x80) {
        ascii = ascii.or(ByteSet.range(from, Math.min(end, 0x80) - 1));
      }
      ranges(Math.max(from, 0x80), end - 1, ways);
      from = end;
    }
    ways.add(0, Grammar.any(ascii));
    return Grammar.either(ways);
  }

  /** Splits a range where the length of UTF-8 changes, and then into equal tails of bytes. */
  private static void ranges(int first, int last, List<Grammar> ways) {
    int[] ends = {0x7FF, 0xFFFF, Character.MAX_CODE_POINT};
    int from = first;
    for (int i = 0; i < ends.length && from <= last; i++) {
      int to = Math.min(last, ends[i]);
      if (from <= to) {
        split(from, to, i + 1, ways);
        from = to + 1;
      }
    }
  }

  /**
   * @param tail how many bytes follow the first; six bits each
   */
  private static void split(int first, int last, int tail, List<Grammar> ways) {
    for (int t = 1; t <= tail; t++) {
      int low = (1 << (6 * t)) - 1;
      if (first >> (6 * t) != last >> (6 * t)) {
        if ((first & low) != 0) {
          split(first, first | low, tail, ways);
          split((first | low) + 1, last, tail, ways);
          return;
        }
        if ((last & low) != low) {
          split(first, (last & ~low) - 1, tail, ways);
          split(last & ~low, last, tail, ways);
          return;
        }
      }
    }
    List<Grammar> bytes = new ArrayList<>();
    int[] lead = {0, 0xC0, 0xE0, 0xF0};
    bytes.add(
        Grammar.any(
            ByteSet.range(lead[tail] | first >> (6 * tail), lead[tail] | last >> (6 * tail))));
    for (int t = tail - 1; t >= 0; t--) {
      bytes.add(
          Grammar.any(
              ByteSet.range(0x80 | (first >> (6 * t) & 0x3F), 0x80 | (last >> (6 * t) & 0x3F))));
    }
    ways.add(Grammar.sequence(bytes));
  }
}
