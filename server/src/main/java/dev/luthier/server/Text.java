package dev.luthier.server;

import dev.luthier.generate.StopReason;
import dev.luthier.serve.EngineListener.Answer;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayList;
import java.util.List;

/** One of a request's texts, whole. */
record Text(int index, List<ScoredToken> tokens, Answer answer) {
  /** OpenAI's word for why it ended. */
  String finish() {
    return answer.stopReason() == StopReason.STOP ? "stop" : "length";
  }

  /** Gathers the tokens of texts that come in pieces, mixed. */
  static final class Gathering {
    private final List<List<ScoredToken>> tokens = new ArrayList<>();

    Gathering(int texts) {
      for (int i = 0; i < texts; i++) {
        tokens.add(new ArrayList<>());
      }
    }

    void add(Event.Token event) {
      tokens.get(event.index()).add(event.token());
    }

    Text end(Event.Ended event) {
      return new Text(event.index(), tokens.get(event.index()), event.answer());
    }
  }
}
