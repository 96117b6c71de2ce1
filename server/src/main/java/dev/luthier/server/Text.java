package dev.luthier.server;

import dev.luthier.generate.StopReason;
import dev.luthier.serve.EngineListener.Answer;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayList;
import java.util.List;

/**
 * One of a request's texts, whole.
 *
 * @param pieces its tokens, without one that ended it
 */
record Text(int index, List<Event.Token> pieces, Answer answer) {
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

    Gathering(int texts) {
      for (int i = 0; i < texts; i++) {
        pieces.add(new ArrayList<>());
      }
    }

    void add(Event.Token event) {
      pieces.get(event.index()).add(event);
    }

    Text end(Event.Ended event) {
      return new Text(event.index(), pieces.get(event.index()), event.answer());
    }
  }
}
