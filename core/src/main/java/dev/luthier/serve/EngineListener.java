package dev.luthier.serve;

import dev.luthier.LuthierException;
import dev.luthier.generate.StopReason;
import java.util.List;

/**
 * Hears how a request goes on, from the engine's thread: what it does must be short. After {@link
 * #ended} or {@link #failed} it hears no more.
 */
public interface EngineListener {
  /**
   * The prompt was read; only where a request asks for {@link PromptScores}.
   *
   * @param tokens its tokens from the second on, for nothing says how probable the first is
   */
  default void prompt(List<ScoredToken> tokens) {}

  /**
   * A token came.
   *
   * @param token its log-probability is 0 if none was asked for
   * @param text what became certain with it, often empty: never half a character, nor anything of a
   *     stop string
   */
  void token(ScoredToken token, String text);

  /** The text ended. */
  void ended(Answer answer);

  /** The request cannot go on; others can. */
  void failed(LuthierException problem);

  /**
   * A token and its log-probability in the model's own distribution, before sampling settings.
   *
   * @param alternatives the likeliest tokens, best first, each without alternatives of its own
   */
  record ScoredToken(int id, float logProbability, List<ScoredToken> alternatives) {
    /** Copies the list. */
    public ScoredToken {
      alternatives = List.copyOf(alternatives);
    }
  }

  /**
   * A whole text.
   *
   * @param text what follows the prompt, special tokens left out, ending before a stop string
   * @param rest the part of it that became certain only at the end, after the last {@link #token}
   * @param tokens the generated ids, with the stop token if one ended the text
   * @param stopReason why it ended
   * @param stop the stop string that ended it; empty if none did
   * @param promptTokens ids in the prompt
   * @param cachedTokens how many of them had been read before, for other requests
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Answer(
      String text,
      String rest,
      int[] tokens,
      StopReason stopReason,
      String stop,
      int promptTokens,
      int cachedTokens) {}
}
