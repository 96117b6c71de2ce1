package dev.luthier.llamacpp;

import dev.luthier.Complaints;

/**
 * How a context is made.
 *
 * @param contextLength tokens that the cache of keys and values holds, of all sequences together
 * @param batch tokens of one forward pass at most
 * @param sequences different sequences in the cache at most
 * @param threads of the processor
 * @param exact whether keys and values are kept as float32 instead of float16: twice the memory
 */
public record LlamaSettings(
    int contextLength, int batch, int sequences, int threads, boolean exact) {
  private static final int BATCH = 512;

  /** Checks that there is something of each. */
  public LlamaSettings {
    new Complaints()
        .unless(contextLength > 0, "contextLength", contextLength, "must be at least 1")
        .unless(batch > 0, "batch", batch, "must be at least 1")
        .unless(sequences > 0, "sequences", sequences, "must be at least 1")
        .unless(threads > 0, "threads", threads, "must be at least 1")
        .throwIfAny();
  }

  /** One sequence of this length, in float32, on all processors. */
  public static LlamaSettings exact(int contextLength) {
    return new LlamaSettings(
        contextLength,
        Math.min(contextLength, BATCH),
        1,
        Runtime.getRuntime().availableProcessors(),
        true);
  }
}
