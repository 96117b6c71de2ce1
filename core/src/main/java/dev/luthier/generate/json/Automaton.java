package dev.luthier.generate.json;

import dev.luthier.LuthierException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads texts of a grammar byte by byte. A state is the set of stacks of what may still come, so
 * ambiguous grammars cost nothing but larger sets; states are made when they are first reached, and
 * equal ones are the same object, which is why masks can be remembered with them. The construction
 * is that of derivatives (Brzozowski 1964) with a stack for recursion.
 *
 * <p>Rules lie at most {@link #DEEPEST} deep in one another. A choice that could only end deeper is
 * not offered, so that no text runs into the limit.
 *
 * <p>For any number of threads. What is remembered is dropped as a whole when it has grown large;
 * texts that are being read go on.
 */
final class Automaton {
  /** The most rules that may lie in one another. */
  static final int DEEPEST = 32;

  private static final int MOST_STATES = 20_000;
  private static final long MOST_MASK_WORDS = 4L << 20;

  private final Grammar root;
  private final IdentityHashMap<Grammar, Integer> heights;
  private final Map<CellKey, Cell> cells = new HashMap<>();
  private final Map<StateKey, State> states = new HashMap<>();
  private int made;
  private long maskWords;
  private State start;

  private record CellKey(Grammar grammar, int depth, @Nullable Cell rest) {}

  private record StateKey(List<Cell> heads, boolean accepts) {}

  /**
   * @throws LuthierException if no text is short enough to be of the grammar
   */
  Automaton(Grammar root) {
    this.root = root;
    this.heights = heights(root);
    if (height(root) > DEEPEST) {
      throw new LuthierException(
          "no finite text fits: its parts need one another without end, or more than "
              + DEEPEST
              + " deep; make one of the references optional, or let it be null");
    }
    this.start = begin();
  }

  /** Before the first byte. */
  synchronized State start() {
    return start;
  }

  int height(Grammar grammar) {
    Integer known = heights.get(grammar);
    return known == null ? 0 : known; // made while reading: a repetition's rest, a place in a table
  }

  synchronized State step(State from, int b) {
    shrink();
    Expansion expansion = new Expansion(this);
    for (Cell head : from.heads()) {
      head.grammar.step(expansion, head, b);
    }
    return state(expansion);
  }

  synchronized State stepToken(State from, int id) {
    Expansion expansion = new Expansion(this);
    for (Cell head : from.heads()) {
      head.grammar.stepToken(expansion, head, id);
    }
    return state(expansion);
  }

  synchronized void rememberedMask(int words) {
    maskWords += words;
  }

  Cell cell(Grammar grammar, int depth, @Nullable Cell rest) {
    return cells.computeIfAbsent(
        new CellKey(grammar, depth, rest), key -> new Cell(made++, grammar, depth, rest));
  }

  private State begin() {
    Expansion expansion = new Expansion(this);
    expansion.go(cell(root, 0, null));
    return state(expansion);
  }

  private State state(Expansion expansion) {
    List<Cell> heads = expansion.heads();
    return states.computeIfAbsent(
        new StateKey(heads, expansion.accepts()),
        key -> new State(this, key.heads(), key.accepts()));
  }

  private void shrink() {
    if (states.size() > MOST_STATES || maskWords > MOST_MASK_WORDS) {
      states.clear();
      cells.clear();
      maskWords = 0;
      start = begin();
    }
  }

  /** The least solution: rules count as endless until a way out is found. */
  private static IdentityHashMap<Grammar, Integer> heights(Grammar root) {
    List<Grammar> all = new ArrayList<>();
    Set<Grammar> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Grammar> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      Grammar next = open.pop();
      if (seen.add(next)) {
        all.add(next);
        next.parts().forEach(open::push);
      }
    }
    Collections.reverse(all); // parts mostly come before wholes: few rounds
    IdentityHashMap<Grammar, Integer> heights = new IdentityHashMap<>();
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Grammar grammar : all) {
        int height = grammar.height(part -> heights.getOrDefault(part, Grammar.UNBOUNDED));
        Integer before = heights.put(grammar, height);
        changed |= before == null || before != height;
      }
    }
    return heights;
  }
}
