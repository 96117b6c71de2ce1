package dev.luthier.generate.json;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in the texts of a grammar: all ways in which the text so far can be read. Immutable but
 * for what it remembers, and for any number of threads.
 */
final class State {
  private final Automaton automaton;
  private final List<Cell> heads;
  private final boolean accepts;

  /** By byte; filled as asked for. A lost write costs a second step and nothing else. */
  private final @Nullable State[] next = new State[256];

  private volatile long @Nullable [] mask;

  State(Automaton automaton, List<Cell> heads, boolean accepts) {
    this.automaton = automaton;
    this.heads = List.copyOf(heads);
    this.accepts = accepts;
  }

  /** Whether the text may end here. */
  boolean accepts() {
    return accepts;
  }

  /** Whether nothing begins so. */
  boolean isDead() {
    return heads.isEmpty() && !accepts;
  }

  /** Whether nothing can follow. */
  boolean isFinal() {
    return heads.isEmpty();
  }

  List<Cell> heads() {
    return heads;
  }

  State next(int b) {
    State known = next[b];
    if (known == null) {
      known = automaton.step(this, b);
      for (int c = 0; c < next.length; c++) {
        if (next[c] == null && same(b, c)) {
          next[c] = known;
        }
      }
    }
    return known;
  }

  private boolean same(int b, int c) {
    for (Cell head : heads) {
      if (!head.grammar.same(b, c)) {
        return false;
      }
    }
    return true;
  }

  State next(byte[] bytes) {
    State state = this;
    for (int i = 0; i < bytes.length && !state.isDead(); i++) {
      state = state.next(bytes[i] & 0xFF);
    }
    return state;
  }

  State nextToken(int id) {
    return automaton.stepToken(this, id);
  }

  /** Whether {@link #mask} has been made. */
  boolean hasMask() {
    return mask != null;
  }

  /** One bit for each token that may follow. Who asks while another makes it waits for it. */
  long[] mask(TokenTrie trie) {
    long[] known = mask;
    return known == null ? made(trie) : known;
  }

  private synchronized long[] made(TokenTrie trie) {
    long[] known = mask;
    if (known == null) {
      known = trie.mask(this);
      mask = known;
      automaton.rememberedMask(known.length);
    }
    return known;
  }
}
