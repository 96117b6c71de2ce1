package dev.luthier.server;

import dev.luthier.generate.StopReason;
import dev.luthier.serve.EngineListener.Answer;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayList;
import java.util.List;

/**
 * One of a request's texts, whole.
 *
 * @param prompt what is known of its prompt's tokens, from the second on; empty if nothing is
 * @param pieces its tokens, without one that ended it
 */
record Text(int index, List<ScoredToken> prompt, List<Event.Token> pieces, Answer answer) {
  /** OpenAI's word for why it ended. */
  String finish() {
    return answer.stopReason() == StopReason.STOP ? "stop" : "length";
  }

  List<ScoredToken> tokens() {
    return pieces.stream().map(Event.Token::token).toList();
  }

  /** Gathers the tokens of texts that come in pieces, mixed. */
  static final class Gathering {
    private final List<List<Event.Token>> pieces = new ArrayList<>();
    private final List<List<ScoredToken>> prompts = new ArrayList<>();

    Gathering(int texts) {
      for (int i = 0; i < texts; i++) {
        pieces.add(new ArrayList<>());
        prompts.add(List.of());
      }
    }

    void add(Event.Token event) {
      pieces.get(event.index()).add(event);
    }

    void add(Event.Prompt event) {
      prompts.set(event.index(), event.tokens());
    }

    Text end(Event.Ended event) {
      int index = event.index();
      return new Text(index, prompts.get(index), pieces.get(index), event.answer());
    }
  }
}
