package dev.luthier.generate.json;

import org.jspecify.annotations.Nullable;

/** A stack of what must still come. Equal stacks of one automaton are the same object. */
final class Cell {
  /** In the order of their making. */
  final int number;

  final Grammar grammar;

  /** How many rules it lies in. */
  final int depth;

  final @Nullable Cell rest;

  Cell(int number, Grammar grammar, int depth, @Nullable Cell rest) {
    this.number = number;
    this.grammar = grammar;
    this.depth = depth;
    this.rest = rest;
  }
}
