package dev.luthier.generate.json;

import dev.luthier.tokenizer.TokenBytes;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A vocabulary as a tree of bytes, so that tokens which begin alike are looked at together: where
 * the text cannot go on by a byte, all tokens through it fall away at once.
 *
 * <p>Added tokens and those that end a text are no part of it, nor those that spell nothing.
 */
final class TokenTrie {
  private static final int NONE = -1;

  private final TokenBytes bytes;
  private final int vocabulary;

  /** Nodes in depth-first order: the byte that leads there and how deep it lies. */
  private final byte[] label;

  private final short[] depth;

  /** The node after all that lie below this one. */
  private final int[] skip;

  /** The token that ends here. */
  private final int[] token;

  /** By id, another token of the same bytes. */
  private final int[] same;

  private final int deepest;
  private final boolean[] inTrie;

  TokenTrie(TokenBytes bytes, Set<Integer> left) {
    this.bytes = bytes;
    this.vocabulary = bytes.size();
    int[] ids =
        IntStream.range(0, vocabulary)
            .filter(id -> !left.contains(id))
            .filter(id -> spelt(id).length > 0)
            .boxed()
            .sorted((a, b) -> Arrays.compareUnsigned(spelt(a), spelt(b)))
            .mapToInt(id -> id)
            .toArray();
    int size = nodes(ids);
    this.label = new byte[size];
    this.depth = new short[size];
    this.skip = new int[size];
    this.token = new int[size];
    this.same = new int[vocabulary];
    this.inTrie = new boolean[vocabulary];
    Arrays.fill(token, NONE);
    Arrays.fill(same, NONE);
    this.deepest = fill(ids);
  }

  private byte[] spelt(int id) {
    byte[] of = bytes.of(id);
    return of.length > Short.MAX_VALUE ? new byte[0] : of;
  }

  private int nodes(int[] ids) {
    int size = 0;
    byte[] before = {};
    for (int id : ids) {
      byte[] now = spelt(id);
      size += now.length - common(before, now);
      before = now;
    }
    return size;
  }

  /** The bytes in which both begin alike. */
  private static int common(byte[] a, byte[] b) {
    int differ = Arrays.mismatch(a, b);
    return differ < 0 ? a.length : differ;
  }

  private int fill(int[] ids) {
    int longest = Arrays.stream(ids).map(id -> spelt(id).length).max().orElse(0);
    int[] path = new int[longest + 1];
    int node = 0;
    byte[] before = {};
    for (int id : ids) {
      byte[] now = spelt(id);
      int shared = common(before, now);
      for (int d = shared + 1; d <= before.length; d++) {
        skip[path[d]] = node;
      }
      for (int d = shared + 1; d <= now.length; d++) {
        path[d] = node;
        label[node] = now[d - 1];
        depth[node++] = (short) d;
      }
      int end = path[now.length];
      same[id] = token[end];
      token[end] = id;
      inTrie[id] = true;
      before = now;
    }
    for (int d = 1; d <= before.length; d++) {
      skip[path[d]] = node;
    }
    return longest;
  }

  /** One more than the largest id. */
  int vocabulary() {
    return vocabulary;
  }

  /** A token's bytes; empty for those that are no part of it. */
  byte[] of(int id) {
    return id < vocabulary && inTrie[id] ? spelt(id) : new byte[0];
  }

  /** One bit for each token after which the text can be brought to an end. */
  long[] mask(State from) {
    long[] mask = new long[(vocabulary + 63) >> 6];
    State[] path = new State[deepest + 1];
    path[0] = from;
    int node = 0;
    while (node < label.length) {
      int d = depth[node];
      State next = path[d - 1].next(label[node] & 0xFF);
      if (next.isDead()) {
        node = skip[node];
      } else {
        path[d] = next;
        for (int id = token[node]; id != NONE; id = same[id]) {
          mask[id >> 6] |= 1L << id;
        }
        node++;
      }
    }
    for (Cell head : from.heads()) {
      if (head.grammar instanceof Grammar.Token marker) {
        mask[marker.id >> 6] |= 1L << marker.id;
      }
    }
    return mask;
  }
}
