package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.GenerateListener;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.Generation;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.Row;
import dev.luthier.generate.StopReason;
import dev.luthier.generate.TokenHistory;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request to a {@link LlamaEngine}. Only {@link #cancel} may be called outside the engine's
 * thread.
 */
final class LlamaText implements GenerateListener {
  private final EngineRequest request;
  private final EngineListener listener;
  private final Optional<LlamaServed> adapter;
  private final Row row;
  private float @Nullable [] scores; // of the next token, before anything changed them
  private String rest = "";
  private int cachedTokens = -1;
  private boolean over;
  private volatile boolean cancelled;

  LlamaText(
      EngineRequest request,
      EngineListener listener,
      Optional<LlamaServed> adapter,
      ModelLanguage language,
      int contextLimit) {
    this.request = request;
    this.listener = listener;
    this.adapter = adapter;
    this.row =
        new Row(
            0,
            new GenerateRequest(request.prompt(), request.settings()),
            language.tokenizer(),
            language.defaults().stopIds(),
            contextLimit,
            this);
  }

  Optional<LlamaServed> adapter() {
    return adapter;
  }

  TokenHistory text() {
    return row.history();
  }

  int promptTokens() {
    return request.prompt().length;
  }

  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  boolean isOver() {
    return over;
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

  void choose(float[] next) {
    scores = request.logprobs() < 0 ? null : next.clone();
    request.constraint().ifPresent(c -> c.restrict(next));
    int id = row.choose(next);
    if (!row.isEnded()) {
      request.constraint().ifPresent(c -> c.accept(id));
    }
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
  public void token(int index, int id, String text) {
    if (id == NO_TOKEN) {
      rest = text;
    } else {
      listener.token(LogProbabilities.of(id, scores, request.logprobs()), text);
    }
  }

  @Override
  public void ended(int index, Generation all) {
    over = true;
    listener.ended(
        new EngineListener.Answer(
            all.text(),
            rest,
            all.tokens(),
            all.stopReason(),
            row.stop(),
            promptTokens(),
            Math.max(0, cachedTokens)));
  }
}
