package dev.luthier.server;

import dev.luthier.LuthierException;
import dev.luthier.serve.EngineListener.Answer;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.List;

/** What the engine says of one of a request's texts. */
sealed interface Event {
  /** Which text, from 0. */
  int index();

  /** What the model thinks of the prompt's tokens, from the second on; before all others. */
  record Prompt(int index, List<ScoredToken> tokens) implements Event {
    /** Copies the list. */
    public Prompt {
      tokens = List.copyOf(tokens);
    }
  }

  /** A token, and the text that became certain with it. */
  record Token(int index, ScoredToken token, String text) implements Event {}

  /** The text's end. */
  record Ended(int index, Answer answer) implements Event {}

  /** The text cannot go on. */
  record Failed(int index, LuthierException problem) implements Event {}
}
