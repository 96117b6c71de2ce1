package dev.luthier.llamacpp;

import com.sun.jna.Pointer;
import dev.luthier.LuthierException;
import java.lang.ref.Reference;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LlamaModel} with a cache of keys and values for several sequences. Calls from several
 * threads wait for each other.
 */
public final class LlamaContext implements AutoCloseable {
  static final int NO_POOLING = 0;
  static final int F32 = 0;
  static final int F16 = 1;

  private static final int NO_ROOM = 1;

  /** What this build answers where {@code llama.h} promises {@link #NO_ROOM}. */
  private static final int FAILED = -3;

  private static final String NO_ROOM_SAYS = "failed to prepare ubatch";

  private final LlamaApi api = LlamaCpp.api();
  private final LlamaModel model;
  private final LlamaSettings settings;
  private final int vocabulary;
  private final Set<LlamaContext> open;
  private @Nullable Pointer context;

  /**
   * @param open is left when it is closed
   */
  LlamaContext(LlamaModel model, Pointer context, LlamaSettings settings, Set<LlamaContext> open) {
    this.open = open;
    this.model = model;
    this.context = context;
    this.settings = settings;
    this.vocabulary = model.vocabularySize();
  }

  /** How it was made. */
  public LlamaSettings settings() {
    return settings;
  }

  /** Hears the logits of one position. */
  @FunctionalInterface
  public interface LogitsListener {
    /**
     * Hears of a position.
     *
     * @param logits (V), of the token that comes after it
     */
    void at(int position, float[] logits);
  }

  /**
   * Logits at every position of one text, which the cache holds as sequence 0 afterwards, alone.
   *
   * @return (T, V)
   * @throws LuthierException if the text is longer than the context
   */
  public float[][] logits(int[] ids) {
    float[][] all = new float[ids.length][];
    logits(ids, (position, row) -> all[position] = row);
    return all;
  }

  /**
   * As {@link #logits(int[])}, a batch at a time.
   *
   * @throws LuthierException if the text is longer than the context
   */
  public synchronized void logits(int[] ids, LogitsListener listener) {
    if (ids.length > settings.contextLength()) {
      throw new LuthierException(
          "a text of "
              + ids.length
              + " tokens does not fit llama.cpp's context of "
              + settings.contextLength());
    }
    clear();
    LlamaBatch batch = new LlamaBatch(settings.batch());
    for (int start = 0; start < ids.length; start += settings.batch()) {
      batch.clear();
      for (int t = start; t < Math.min(ids.length, start + settings.batch()); t++) {
        batch.add(ids[t], t, 0, true);
      }
      decode(batch);
      for (int i = 0; i < batch.size(); i++) {
        listener.at(start + i, logits(i));
      }
    }
  }

  /**
   * Runs the model over a batch, whose keys and values join the cache.
   *
   * @throws LuthierException if the cache has no room for it, or the pass failed; the cache is then
   *     as before
   */
  public void decode(LlamaBatch batch) {
    if (!tryDecode(batch)) {
      throw new LuthierException(
          "llama.cpp's context of "
              + settings.contextLength()
              + " tokens has no room for "
              + batch.size()
              + " more");
    }
  }

  /**
   * As {@link #decode}.
   *
   * @return false if the cache has no room for it in one piece
   */
  public synchronized boolean tryDecode(LlamaBatch batch) {
    int status =
        LlamaCpp.alone(
            () -> {
              int found = api.decode(pointer(), batch.struct());
              boolean full = found == FAILED && LlamaCpp.log().said().contains(NO_ROOM_SAYS);
              return full ? NO_ROOM : found;
            });
    Reference.reachabilityFence(batch);
    if (status == NO_ROOM) {
      return false;
    }
    check("run", status);
    return true;
  }

  /**
   * Runs the encoder over a whole text; the decoder then attends to what it read.
   *
   * @return the encoder's last hidden states (T, D)
   */
  public synchronized float[][] encode(int[] ids) {
    LlamaBatch batch = new LlamaBatch(ids.length);
    for (int t = 0; t < ids.length; t++) {
      batch.add(ids[t], t, 0, true);
    }
    int status = LlamaCpp.alone(() -> api.encode(pointer(), batch.struct()));
    Reference.reachabilityFence(batch);
    check("encode with", status);
    float[][] states = new float[ids.length][];
    for (int t = 0; t < ids.length; t++) {
      states[t] = states(t);
    }
    return states;
  }

  /** The last pass's hidden states of one token. */
  private float[] states(int index) {
    Pointer row = api.getEmbeddingsIth(pointer(), index);
    if (row == null) {
      throw new LuthierException("llama.cpp gives no hidden states of this model");
    }
    return row.getFloatArray(0, model.hiddenSize());
  }

  private static void check(String what, int status) {
    if (status != 0) {
      throw new LuthierException(
          "llama.cpp could not "
              + what
              + " the model (status "
              + status
              + "): "
              + LlamaCpp.log().said());
    }
  }

  /**
   * The last pass's logits.
   *
   * @param index of a token in its batch that was added with an output
   * @return (V)
   */
  public synchronized float[] logits(int index) {
    Pointer row = api.getLogitsIth(pointer(), index);
    if (row == null) {
      throw new IllegalArgumentException("token " + index + " of the batch has no logits");
    }
    return row.getFloatArray(0, vocabulary);
  }

  /**
   * The last hidden states of one text, the final norm applied. The cache is empty afterwards.
   *
   * @return (T, D)
   */
  public synchronized float[][] hiddenStates(int[] ids) {
    clear();
    api.setEmbeddings(pointer(), LlamaApi.TRUE);
    try {
      return eachState(ids);
    } finally {
      api.setEmbeddings(pointer(), LlamaApi.FALSE);
      clear();
    }
  }

  private float[][] eachState(int[] ids) {
    float[][] states = new float[ids.length][];
    LlamaBatch batch = new LlamaBatch(settings.batch());
    for (int start = 0; start < ids.length; start += settings.batch()) {
      batch.clear();
      for (int t = start; t < Math.min(ids.length, start + settings.batch()); t++) {
        batch.add(ids[t], t, 0, true);
      }
      decode(batch);
      for (int i = 0; i < batch.size(); i++) {
        states[start + i] = states(i);
      }
    }
    return states;
  }

  /** Runs through this adapter from now on, and no other. What the cache holds stays as it is. */
  public synchronized void use(LlamaAdapter adapter, float scale) {
    api.clearAdapterLora(pointer());
    check("put the adapter on", api.setAdapterLora(pointer(), adapter.pointer(), scale));
  }

  /** Runs without an adapter from now on. */
  public synchronized void useNone() {
    api.clearAdapterLora(pointer());
  }

  /** Forgets every sequence. */
  public synchronized void clear() {
    api.kvSelfClear(pointer());
  }

  /**
   * Forgets a sequence's positions from {@code from} up to, not including, {@code to}.
   *
   * @param to -1 for its end
   * @return false if the model's cache cannot forget a part, as recurrent ones cannot
   */
  public synchronized boolean remove(int sequence, int from, int to) {
    return api.kvSelfSeqRm(pointer(), sequence, from, to) != LlamaApi.FALSE;
  }

  /** Lets {@code target} begin with what {@code source} has in its first positions, at no cost. */
  public synchronized void share(int source, int target, int positions) {
    api.kvSelfSeqCp(pointer(), source, target, 0, positions);
  }

  /** Tokens in the cache; what sequences share counts once. */
  public synchronized int used() {
    return api.kvSelfUsedCells(pointer());
  }

  private Pointer pointer() {
    Pointer pointer = context;
    if (pointer == null) {
      throw new IllegalStateException("the context has been closed");
    }
    return pointer;
  }

  /** Waits for a pass that runs, then frees it. */
  @Override
  public synchronized void close() {
    Pointer pointer = context;
    if (pointer != null) {
      context = null;
      open.remove(this);
      LlamaCpp.alone(() -> api.free(pointer));
    }
  }
}
