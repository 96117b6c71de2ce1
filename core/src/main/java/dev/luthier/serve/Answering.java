package dev.luthier.serve;

import dev.luthier.generate.GenerateListener;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.Generation;
import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.Row;
import dev.luthier.generate.StopReason;
import dev.luthier.generate.TokenHistory;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A request and its text so far, told to its listener. Only {@link #cancel} may be called outside
 * the engine's thread.
 */
abstract class Answering implements GenerateListener {
  final EngineListener listener;
  final Row row;

  /** Whether the listener has heard the last of it. */
  boolean over;

  private final EngineRequest request;
  private float @Nullable [] scores; // of the next token, before anything changed them
  private double logSum; // of their exponentials
  private final List<ScoredToken> promptScores = new ArrayList<>(); // of tokens 1, 2, ...
  private boolean promptTold;
  private String rest = "";
  private volatile boolean cancelled;

  /**
   * @param contextLimit the most tokens of prompt and answer
   */
  Answering(
      EngineRequest request, EngineListener listener, ModelLanguage language, int contextLimit) {
    this.request = request;
    this.listener = listener;
    this.row =
        new Row(
            0,
            new GenerateRequest(request.prompt(), request.settings()),
            language.tokenizer(),
            language.defaults().stopIds(),
            contextLimit,
            this);
  }

  /** How many of the prompt's tokens were found in the cache before any ran. */
  abstract int cachedTokens();

  TokenHistory text() {
    return row.history();
  }

  int promptTokens() {
    return request.prompt().length;
  }

  /** Whether tokens of the prompt are yet to be scored: then all of it runs. */
  boolean scoresPrompt() {
    return request.promptScores() != PromptScores.NONE
        && request.logprobs() >= 0
        && scored() < promptTokens();
  }

  /** How many of the prompt's first tokens need no score: one has none, others have theirs. */
  int scored() {
    return promptScores.size() + 1;
  }

  /** Alternatives to each token. */
  int alternatives() {
    return request.logprobs();
  }

  /** The next ones of the prompt's tokens. */
  void score(List<ScoredToken> tokens) {
    promptScores.addAll(tokens);
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
   * Chooses the next token.
   *
   * @param next scores (V); changed in place
   * @param sum the logarithm of the sum of their exponentials, asked before they are changed
   * @return whether there is one
   */
  boolean choose(float[] next, DoubleSupplier sum) {
    if (request.promptScores() != PromptScores.NONE && !promptTold) {
      promptTold = true;
      listener.prompt(promptScores);
    }
    if (request.promptScores() == PromptScores.ONLY) {
      row.end(StopReason.LENGTH);
      return false;
    }
    if (request.logprobs() >= 0) {
      scores = next.clone();
      logSum = sum.getAsDouble();
    }
    request.constraint().ifPresent(c -> c.restrict(next));
    int id = row.choose(next);
    if (!row.isEnded()) {
      request.constraint().ifPresent(c -> c.accept(id));
    }
    return true;
  }

  @Override
  public void token(int index, int id, String text) {
    if (id == NO_TOKEN) {
      rest = text;
    } else {
      listener.token(LogProbabilities.of(id, scores, logSum, request.logprobs()), text);
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
            cachedTokens()));
  }
}
