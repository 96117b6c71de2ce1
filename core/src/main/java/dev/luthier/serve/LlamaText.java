package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.StopReason;
import java.util.Optional;

/**
 * One request to a {@link LlamaEngine}. Only {@link #cancel} may be called outside the engine's
 * thread.
 */
final class LlamaText extends Answering {
  private final Optional<LlamaServed> adapter;
  private int cachedTokens = -1;

  LlamaText(
      EngineRequest request,
      EngineListener listener,
      Optional<LlamaServed> adapter,
      ModelLanguage language,
      int contextLimit) {
    super(request, listener, language, contextLimit);
    this.adapter = adapter;
  }

  Optional<LlamaServed> adapter() {
    return adapter;
  }

  /**
   * So many of its tokens were in the cache when it began; what is found later is its own.
   *
   * @return whether it began now
   */
  boolean begin(int cached) {
    boolean first = cachedTokens < 0;
    cachedTokens = first ? cached : cachedTokens;
    return first;
  }

  void cancelNow() {
    try {
      if (!over) {
        row.end(StopReason.CANCELLED);
      }
    } catch (RuntimeException e) {
      over = true; // its listener is the problem
    }
  }

  void fail(Throwable problem) {
    if (!over) {
      over = true;
      try {
        listener.failed(
            problem instanceof LuthierException own
                ? own
                : new LuthierException("the request could not be answered: " + problem, problem));
      } catch (RuntimeException e) {
        return; // its listener is the problem
      }
    }
  }

  @Override
  int cachedTokens() {
    return Math.max(0, cachedTokens);
  }
}
