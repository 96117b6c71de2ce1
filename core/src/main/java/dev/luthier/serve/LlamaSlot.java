package dev.luthier.serve;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A sequence of llama.cpp's cache: what it holds, and whose text runs in it. When a text ends, what
 * it left stays for others that begin alike.
 */
final class LlamaSlot {
  final int sequence;
  @Nullable LlamaText text;
  private Optional<LlamaServed> adapter = Optional.empty();
  private int[] held = new int[64];
  private int count;
  private long used;

  LlamaSlot(int sequence) {
    this.sequence = sequence;
  }

  /** Tokens that its keys and values are of. */
  int count() {
    return count;
  }

  /** When a text last began in it. */
  long used() {
    return used;
  }

  /** How many of a text's first tokens it holds; one is always left to run. */
  int common(LlamaText other) {
    if (!adapter.equals(other.adapter()) || other.scoresPrompt()) {
      return 0;
    }
    int most = Math.min(count, other.text().length() - 1);
    int same = 0;
    while (same < most && held[same] == other.text().get(same)) {
      same++;
    }
    return same;
  }

  /** A text begins in it, whose first tokens it holds. */
  void begin(LlamaText begun, int kept, long when) {
    text = begun;
    adapter = begun.adapter();
    used = when;
    keep(kept);
    for (int i = 0; i < kept; i++) {
      held(i, begun.text().get(i));
    }
    count = kept;
  }

  /** Its first tokens stay. */
  void keep(int tokens) {
    count = Math.min(count, tokens);
  }

  /** So many more of its text's tokens have run. */
  void ran(LlamaText of, int tokens) {
    for (int i = 0; i < tokens; i++) {
      held(count + i, of.text().get(count + i));
    }
    count += tokens;
  }

  private void held(int at, int token) {
    if (at == held.length) {
      held = Arrays.copyOf(held, 2 * at);
    }
    held[at] = token;
  }
}
