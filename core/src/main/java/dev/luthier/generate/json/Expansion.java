package dev.luthier.generate.json;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects the stacks of one state: from each, the next byte or token can come at once. */
final class Expansion {
  private final Automaton automaton;
  private final Set<Cell> seen = new HashSet<>();
  private final List<Cell> heads = new ArrayList<>();
  private boolean accepts;

  Expansion(Automaton automaton) {
    this.automaton = automaton;
  }

  /** Adds a stack; null is the empty one, of a text that may end. */
  void go(@Nullable Cell cell) {
    if (cell == null) {
      accepts = true;
    } else if (seen.add(cell)) {
      cell.grammar.expand(this, cell);
    }
  }

  void head(Cell cell) {
    heads.add(cell);
  }

  Cell cell(Grammar grammar, int depth, @Nullable Cell rest) {
    return automaton.cell(grammar, depth, rest);
  }

  /** Whether a text of it can end before rules lie too deep in one another. */
  boolean fits(Grammar grammar, int depth) {
    return automaton.height(grammar) <= Automaton.DEEPEST - depth;
  }

  boolean accepts() {
    return accepts;
  }

  /** In the order of their numbers, so that equal states are found to be equal. */
  List<Cell> heads() {
    heads.sort(Comparator.comparingInt(cell -> cell.number));
    return heads;
  }
}
