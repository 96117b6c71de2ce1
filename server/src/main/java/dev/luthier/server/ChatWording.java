package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.generate.tools.Tool;
import dev.luthier.generate.tools.ToolCallReader;
import dev.luthier.generate.tools.ToolDelta;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Texts as turns of a conversation, and calls of tools where there are any to call. */
final class ChatWording implements Wording {
  private final Speech speech;
  private final boolean logprobs;
  private final List<Tool> tools;

  /** By the text's number; for texts that come in pieces. */
  private final Map<Integer, ToolCallReader> readers = new HashMap<>();

  /**
   * @param tools that the answer may call; without any, all of it is words
   */
  ChatWording(Speech speech, boolean logprobs, List<Tool> tools) {
    this.speech = speech;
    this.logprobs = logprobs;
    this.tools = tools;
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
    choice.put("finish_reason", text.finish());
    if (!tools.isEmpty()) {
      calls(choice, message, text);
    }
    return choice;
  }

  private void calls(ObjectNode choice, ObjectNode message, Text text) {
    ToolCallReader reader = speech.tools().reader(tools);
    List<ToolDelta> pieces = new ArrayList<>();
    text.pieces().forEach(token -> pieces.addAll(reader.next(token.token().id(), token.text())));
    pieces.addAll(reader.finish(text.answer().rest()));
    if (reader.calls().isEmpty()) {
      return;
    }
    StringBuilder words = new StringBuilder();
    for (ToolDelta piece : pieces) {
      if (piece instanceof ToolDelta.Content content) {
        words.append(content.text());
      }
    }
    message.put("content", words.isEmpty() ? null : words.toString());
    ToolWording.calls(message.putArray("tool_calls"), reader.calls());
    choice.put("finish_reason", finish(text, reader));
  }

  private static String finish(Text text, ToolCallReader reader) {
    return reader.calls().isEmpty() || !text.finish().equals("stop") ? text.finish() : "tool_calls";
  }

  @Override
  public List<ObjectNode> opening(int index) {
    ObjectNode delta = Json.object().put("role", "assistant").put("content", "");
    return List.of(chunk(index, delta, List.of()));
  }

  @Override
  public List<ObjectNode> piece(Event.Token token) {
    List<ObjectNode> deltas = new ArrayList<>();
    if (!tools.isEmpty()) {
      reader(token.index())
          .next(token.token().id(), token.text())
          .forEach(piece -> deltas.add(ToolWording.delta(piece)));
    } else if (!token.text().isEmpty()) {
      deltas.add(Json.object().put("content", token.text()));
    }
    if (deltas.isEmpty() && logprobs) {
      deltas.add(Json.object());
    }
    List<ObjectNode> chunks = new ArrayList<>();
    for (ObjectNode delta : deltas) {
      boolean first = chunks.isEmpty();
      chunks.add(chunk(token.index(), delta, first ? List.of(token.token()) : List.of()));
    }
    return chunks;
  }

  private ToolCallReader reader(int index) {
    return readers.computeIfAbsent(index, i -> speech.tools().reader(tools));
  }

  @Override
  public List<ObjectNode> closing(Text text) {
    List<ObjectNode> chunks = new ArrayList<>();
    String rest = text.answer().rest();
    String finish = text.finish();
    if (!tools.isEmpty()) {
      ToolCallReader reader = reader(text.index());
      for (ToolDelta piece : reader.finish(rest)) {
        chunks.add(chunk(text.index(), ToolWording.delta(piece), List.of()));
      }
      finish = finish(text, reader);
    } else if (!rest.isEmpty()) {
      chunks.add(chunk(text.index(), Json.object().put("content", rest), List.of()));
    }
    chunks.add(chunk(text.index(), Json.object(), List.of()).put("finish_reason", finish));
    return chunks;
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
    one.put("token", speech.texts().text(token.id()));
    one.put("logprob", LogProbs.finite(token.logProbability()));
    ArrayNode bytes = one.putArray("bytes");
    for (byte b : speech.texts().bytes(token.id())) {
      bytes.add(b & 0xFF);
    }
    return one;
  }
}
