package dev.luthier.generate;

import dev.luthier.model.Transformer;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values of one text, kept between prompts: a prompt that begins as the last one did, as a
 * conversation's does, is read only from where they differ. Not for several threads.
 */
public final class PromptCache implements AutoCloseable {
  private final Decoding decoding;
  private int[] ids = {};

  /** Starts empty. */
  public PromptCache(Transformer model) {
    this.decoding = new Decoding(model);
  }

  /** How many tokens it holds. */
  public int length() {
    return decoding.length();
  }

  /** How many of the prompt's first tokens need not be read again. */
  public int common(int[] prompt) {
    if (!decoding.isCausal()) {
      return 0; // every token of a prompt sees all of it
    }
    int mismatch = Arrays.mismatch(ids, 0, length(), prompt, 0, prompt.length);
    int same = mismatch < 0 ? prompt.length : mismatch;
    return Math.min(same, prompt.length - 1); // the last one must run to give scores
  }

  /** The scores (V) of what follows the prompt. */
  float[] read(int[] prompt) {
    int common = common(prompt);
    float[][] scores;
    if (common == 0) {
      scores = decoding.start(List.of(prompt));
    } else {
      decoding.truncate(common);
      scores = decoding.read(new int[][] {Arrays.copyOfRange(prompt, common, prompt.length)});
    }
    ids = prompt.clone();
    return scores[0];
  }

  /** The scores (V) of what follows one more token. */
  float[] next(int id) {
    if (!decoding.isCausal()) {
      return decoding.next(new int[] {id})[0];
    }
    int at = length();
    if (at == ids.length) {
      ids = Arrays.copyOf(ids, 2 * at);
    }
    ids[at] = id;
    return decoding.next(new int[] {id})[0];
  }

  @Override
  public void close() {
    decoding.close();
  }
}
