package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.GenerateSettings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A request to an engine, and what was heard of it. */
final class Asked implements EngineListener {
  final List<ScoredToken> tokens = Collections.synchronizedList(new ArrayList<>());
  final StringBuffer text = new StringBuffer();
  final CompletableFuture<Answer> answer = new CompletableFuture<>();
  volatile Optional<List<ScoredToken>> prompt = Optional.empty();
  private Engine.Cancellation cancellation = () -> {};

  static Asked of(Engine engine, int[] prompt, GenerateSettings settings) {
    return of(engine, prompt, settings, Optional.empty());
  }

  static Asked of(
      Engine engine, int[] prompt, GenerateSettings settings, Optional<String> adapter) {
    return of(engine, new EngineRequest(prompt, settings, adapter, -1, Optional.empty()));
  }

  static Asked of(Engine engine, EngineRequest request) {
    Asked asked = new Asked();
    asked.cancellation = engine.submit(request, asked);
    return asked;
  }

  void cancel() {
    cancellation.cancel();
  }

  Answer get() {
    try {
      return answer.get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void prompt(List<ScoredToken> all) {
    if (prompt.isPresent() || !tokens.isEmpty()) {
      throw new AssertionError("told twice, or too late");
    }
    prompt = Optional.of(List.copyOf(all));
  }

  @Override
  public void token(ScoredToken token, String piece) {
    tokens.add(token);
    text.append(piece);
  }

  @Override
  public void ended(Answer all) {
    text.append(all.rest());
    if (!answer.complete(all)) {
      throw new AssertionError("ended twice");
    }
  }

  @Override
  public void failed(LuthierException problem) {
    if (!answer.completeExceptionally(problem)) {
      throw new AssertionError("failed after its end");
    }
  }
}
