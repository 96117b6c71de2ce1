package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Texts as continuations. */
final class CompletionWording implements Wording {
  private final TokenTexts texts;
  private final boolean logprobs;
  private final List<Inputs.Input> echoed;
  private final int perPrompt;

  /** By the text's number, how much its tokens have written. */
  private final Map<Integer, Integer> written = new HashMap<>();

  /**
   * @param echoed each prompt, to say before its texts; empty for none
   * @param perPrompt how many texts a prompt has
   */
  CompletionWording(TokenTexts texts, boolean logprobs, List<Inputs.Input> echoed, int perPrompt) {
    this.texts = texts;
    this.logprobs = logprobs;
    this.echoed = List.copyOf(echoed);
    this.perPrompt = perPrompt;
  }

  @Override
  public String idPrefix() {
    return "cmpl-";
  }

  @Override
  public String object(boolean chunk) {
    return "text_completion";
  }

  @Override
  public ObjectNode whole(Text text) {
    ObjectNode choice = choice(text.index(), before(text.index()) + text.answer().text());
    if (logprobs && !echoed.isEmpty()) {
      choice.set("logprobs", promptScores(text.index(), text.prompt()).add(text.tokens()).json());
    } else if (logprobs && !text.tokens().isEmpty()) {
      choice.set("logprobs", new LogProbs(texts, 0).add(text.tokens()).json());
    }
    return choice.put("finish_reason", text.finish());
  }

  private String before(int index) {
    return echoed.isEmpty() ? "" : echoed.get(index / perPrompt).text();
  }

  /** A prompt's tokens; its last one ends where its text does. */
  private LogProbs promptScores(int index, List<ScoredToken> tokens) {
    Inputs.Input prompt = echoed.get(index / perPrompt);
    int length = 0;
    for (int id : prompt.ids()) {
      length += texts.text(id).length();
    }
    return new LogProbs(texts, prompt.text().length() - length).first(prompt.ids()[0]).add(tokens);
  }

  @Override
  public List<ObjectNode> opening(int index) {
    return echoed.isEmpty() || logprobs ? List.of() : List.of(choice(index, before(index)));
  }

  @Override
  public List<ObjectNode> prompt(Event.Prompt prompt) {
    if (!logprobs) {
      return List.of(); // said at the opening
    }
    int index = prompt.index();
    ObjectNode choice = choice(index, before(index));
    choice.set("logprobs", promptScores(index, prompt.tokens()).json());
    return List.of(choice);
  }

  @Override
  public List<ObjectNode> piece(Event.Token token) {
    if (!logprobs) {
      return token.text().isEmpty() ? List.of() : List.of(choice(token.index(), token.text()));
    }
    int offset = written.getOrDefault(token.index(), before(token.index()).length());
    written.put(token.index(), offset + texts.text(token.token().id()).length());
    ObjectNode choice = choice(token.index(), token.text());
    choice.set("logprobs", new LogProbs(texts, offset).add(List.of(token.token())).json());
    return List.of(choice);
  }

  @Override
  public List<ObjectNode> closing(Text text) {
    return List.of(choice(text.index(), text.answer().rest()).put("finish_reason", text.finish()));
  }

  private static ObjectNode choice(int index, String text) {
    ObjectNode choice = Json.object().put("index", index).put("text", text);
    return choice.putNull("logprobs").putNull("finish_reason");
  }
}
