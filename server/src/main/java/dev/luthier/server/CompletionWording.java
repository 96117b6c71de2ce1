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
  private final List<String> echoed;
  private final int perPrompt;

  /** By the text's number, how much its tokens have written. */
  private final Map<Integer, Integer> written = new HashMap<>();

  /**
   * @param echoed each prompt, to say before its texts; empty for none
   * @param perPrompt how many texts a prompt has
   */
  CompletionWording(TokenTexts texts, boolean logprobs, List<String> echoed, int perPrompt) {
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
    return choice(text.index(), before(text.index()) + text.answer().text(), text.tokens(), 0)
        .put("finish_reason", text.finish());
  }

  private String before(int index) {
    return echoed.isEmpty() ? "" : echoed.get(index / perPrompt);
  }

  @Override
  public List<ObjectNode> opening(int index) {
    return echoed.isEmpty() ? List.of() : List.of(choice(index, before(index), List.of(), 0));
  }

  @Override
  public List<ObjectNode> piece(Event.Token token) {
    if (!logprobs) {
      return token.text().isEmpty()
          ? List.of()
          : List.of(choice(token.index(), token.text(), List.of(), 0));
    }
    int offset = written.getOrDefault(token.index(), 0);
    written.put(token.index(), offset + texts.text(token.token().id()).length());
    return List.of(choice(token.index(), token.text(), List.of(token.token()), offset));
  }

  @Override
  public List<ObjectNode> closing(Text text) {
    return List.of(
        choice(text.index(), text.answer().rest(), List.of(), 0)
            .put("finish_reason", text.finish()));
  }

  private ObjectNode choice(int index, String text, List<ScoredToken> tokens, int offset) {
    ObjectNode choice = Json.object().put("index", index).put("text", text);
    if (logprobs && !tokens.isEmpty()) {
      choice.set("logprobs", LogProbs.lists(tokens, texts, offset));
    } else {
      choice.putNull("logprobs");
    }
    return choice.putNull("finish_reason");
  }
}
