package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.List;
import java.util.Optional;

/** Texts as turns of a conversation. */
final class ChatWording implements Wording {
  private final TokenTexts texts;
  private final boolean logprobs;

  ChatWording(TokenTexts texts, boolean logprobs) {
    this.texts = texts;
    this.logprobs = logprobs;
  }

  @Override
  public String idPrefix() {
    return "chatcmpl-";
  }

  @Override
  public String object(boolean chunk) {
    return chunk ? "chat.completion.chunk" : "chat.completion";
  }

  @Override
  public ObjectNode whole(Text text) {
    ObjectNode choice = Json.object().put("index", text.index());
    ObjectNode message = choice.putObject("message");
    message.put("role", "assistant");
    message.put("content", text.answer().text());
    message.putNull("refusal");
    logprobs(choice, text.tokens());
    return choice.put("finish_reason", text.finish());
  }

  @Override
  public Optional<ObjectNode> opening(int index) {
    ObjectNode delta = Json.object().put("role", "assistant").put("content", "");
    return Optional.of(chunk(index, delta, List.of()));
  }

  @Override
  public Optional<ObjectNode> piece(int index, String text, List<ScoredToken> tokens) {
    return text.isEmpty() && !logprobs
        ? Optional.empty()
        : Optional.of(chunk(index, Json.object().put("content", text), tokens));
  }

  @Override
  public List<ObjectNode> closing(Text text) {
    ObjectNode delta = Json.object();
    if (!text.answer().rest().isEmpty()) {
      delta.put("content", text.answer().rest());
    }
    return List.of(chunk(text.index(), delta, List.of()).put("finish_reason", text.finish()));
  }

  private ObjectNode chunk(int index, ObjectNode delta, List<ScoredToken> tokens) {
    ObjectNode choice = Json.object().put("index", index);
    choice.set("delta", delta);
    if (tokens.isEmpty()) {
      choice.putNull("logprobs");
    } else {
      logprobs(choice, tokens);
    }
    return choice.putNull("finish_reason");
  }

  private void logprobs(ObjectNode choice, List<ScoredToken> tokens) {
    if (!logprobs) {
      choice.putNull("logprobs");
      return;
    }
    ObjectNode all = choice.putObject("logprobs");
    ArrayNode content = all.putArray("content");
    for (ScoredToken token : tokens) {
      ObjectNode one = scored(token);
      ArrayNode top = one.putArray("top_logprobs");
      token.alternatives().forEach(alternative -> top.add(scored(alternative)));
      content.add(one);
    }
    all.putNull("refusal");
  }

  private ObjectNode scored(ScoredToken token) {
    ObjectNode one = Json.object();
    one.put("token", texts.text(token.id()));
    one.put("logprob", LogProbs.finite(token.logProbability()));
    ArrayNode bytes = one.putArray("bytes");
    for (byte b : texts.bytes(token.id())) {
      bytes.add(b & 0xFF);
    }
    return one;
  }
}
