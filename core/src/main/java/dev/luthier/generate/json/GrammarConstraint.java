package dev.luthier.generate.json;

import dev.luthier.LuthierException;
import dev.luthier.generate.TokenConstraint;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ForkJoinPool;

/** Keeps one text to a grammar. */
final class GrammarConstraint implements TokenConstraint {
  private static final long[] NOTHING = {};

  private final TokenTrie trie;
  private final Set<Integer> stopIds;
  private State state;
  private boolean ended;

  GrammarConstraint(Automaton automaton, TokenTrie trie, Set<Integer> stopIds) {
    this.trie = trie;
    this.stopIds = stopIds;
    this.state = automaton.start();
  }

  @Override
  public void restrict(float[] scores) {
    float[] ends = new float[stopIds.size()];
    int at = 0;
    for (int id : stopIds) {
      ends[at++] = id < scores.length ? scores[id] : Float.NEGATIVE_INFINITY;
    }
    boolean any = exclude(scores, ended ? NOTHING : state.mask(trie));
    if (state.accepts()) {
      at = 0;
      for (int id : stopIds) {
        if (id < scores.length) {
          scores[id] = ends[at];
        }
        at++;
      }
    } else if (!any) {
      throw new LuthierException(
          "no token of the vocabulary can go on with a text of the form asked for: its characters"
              + " are not in the vocabulary. Use other names and values in the schema");
    }
  }

  /** Says whether a token is left. */
  private static boolean exclude(float[] scores, long[] mask) {
    boolean any = false;
    for (int word = 0; word << 6 < scores.length; word++) {
      long bits = word < mask.length ? mask[word] : 0;
      int from = word << 6;
      int to = Math.min(from + 64, scores.length);
      if (bits == 0) {
        Arrays.fill(scores, from, to, Float.NEGATIVE_INFINITY);
      } else {
        any = true;
        for (int id = from; id < to; id++) {
          if ((bits >>> id & 1) == 0) {
            scores[id] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
    return any;
  }

  @Override
  public void accept(int id) {
    if (stopIds.contains(id)) {
      ended = true;
      return;
    }
    byte[] bytes = trie.of(id);
    State next = bytes.length == 0 ? state.nextToken(id) : state.next(bytes);
    if (next.isDead()) {
      throw new IllegalArgumentException("token " + id + " was excluded and cannot be accepted");
    }
    state = next;
    if (!next.hasMask()) {
      // While the model runs: of a large vocabulary a first mask takes tens of milliseconds.
      ForkJoinPool.commonPool().execute(() -> next.mask(trie));
    }
  }
}
