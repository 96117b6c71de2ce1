package dev.luthier.generate.json;

import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/**
 * A finite automaton written out, for what must be known whole before it is begun: of two sets of
 * texts those in both, or those in the first alone. States from which no end can be reached are
 * left out. The grammars must be without recursion.
 */
final class Table {
  private static final int MOST_STATES = 10_000;

  /** By state and byte, -1 where nothing follows. */
  private final short[][] next;

  private final boolean[] accepts;
  private final boolean[] goesOn;
  private final Grammar.Place[] places;

  private Table(short[][] next, boolean[] accepts) {
    this.next = next;
    this.accepts = accepts;
    this.goesOn = new boolean[next.length];
    this.places = new Grammar.Place[next.length];
    for (int i = 0; i < next.length; i++) {
      for (short to : next[i]) {
        goesOn[i] |= to >= 0;
      }
    }
    Arrays.setAll(places, i -> new Grammar.Place(this, i));
  }

  /** The texts of both. */
  static Grammar both(Grammar a, Grammar b) {
    if (a == Grammar.NEVER || b == Grammar.NEVER) {
      return Grammar.NEVER;
    }
    return of(a, b, (x, y) -> x && y);
  }

  /** The texts of the first that are none of the second's. */
  static Grammar without(Grammar a, Grammar b) {
    if (a == Grammar.NEVER || b == Grammar.NEVER) {
      return a;
    }
    return of(a, b, (x, y) -> x && !y);
  }

  boolean accepts(int state) {
    return accepts[state];
  }

  /** Whether anything follows. */
  boolean goesOn(int state) {
    return goesOn[state];
  }

  int next(int state, int b) {
    return next[state][b];
  }

  Grammar place(int state) {
    return places[state];
  }

  private record Pair(State a, State b) {}

  private static Grammar of(Grammar a, Grammar b, BinaryOperator<Boolean> rule) {
    Map<Pair, Integer> numbers = new HashMap<>();
    List<Pair> pairs = new ArrayList<>();
    List<short[]> rows = new ArrayList<>();
    Pair first = new Pair(new Automaton(a).start(), new Automaton(b).start());
    numbers.put(first, 0);
    pairs.add(first);
    for (int i = 0; i < pairs.size(); i++) {
      short[] row = new short[256];
      for (int c = 0; c < 256; c++) {
        State next = pairs.get(i).a.next(c);
        Pair to = new Pair(next, next.isDead() ? next : pairs.get(i).b.next(c));
        if (next.isDead()) {
          row[c] = -1;
        } else {
          Integer known = numbers.putIfAbsent(to, pairs.size());
          row[c] = (short) (known == null ? pairs.size() : known);
          if (known == null) {
            pairs.add(to);
          }
        }
      }
      rows.add(row);
      if (pairs.size() > MOST_STATES) {
        throw new LuthierException(
            "a string's pattern and length together take more than "
                + MOST_STATES
                + " states; use a smaller maxLength or smaller counts in the pattern");
      }
    }
    boolean[] ends = new boolean[rows.size()];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = rule.apply(pairs.get(i).a.accepts(), pairs.get(i).b.accepts());
    }
    return trimmed(rows.toArray(short[][]::new), ends);
  }

  /** Takes away the ways to states that lead to no end. */
  private static Grammar trimmed(short[][] rows, boolean[] ends) {
    boolean[] live = ends.clone();
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = rows.length - 1; i >= 0; i--) {
        if (!live[i] && leadsTo(live, rows[i])) {
          live[i] = true;
          changed = true;
        }
      }
    }
    if (!live[0]) {
      return Grammar.NEVER;
    }
    for (short[] row : rows) {
      for (int c = 0; c < 256; c++) {
        if (row[c] >= 0 && !live[row[c]]) {
          row[c] = -1;
        }
      }
    }
    return new Table(rows, ends).place(0);
  }

  private static boolean leadsTo(boolean[] live, short[] row) {
    for (short to : row) {
      if (to >= 0 && live[to]) {
        return true;
      }
    }
    return false;
  }
}
