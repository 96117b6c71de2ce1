package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.FloatNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.List;

/**
 * Log-probabilities of a text's tokens, in the form of {@code /v1/completions}: four lists side by
 * side.
 */
final class LogProbs {
  /** What stands for minus infinity, which JSON has not; vLLM's and OpenAI's number. */
  private static final float LEAST = -9999;

  private final TokenTexts texts;
  private final ObjectNode lists = Json.object();
  private final ArrayNode offsets = lists.putArray("text_offset");
  private final ArrayNode logprobs = lists.putArray("token_logprobs");
  private final ArrayNode words = lists.putArray("tokens");
  private final ArrayNode top = lists.putArray("top_logprobs");
  private int at;

  /**
   * @param offset where the first token stands in the text, in UTF-16 units; below 0 for a prompt's
   *     first tokens, where the text lacks what they read as (BOS, a space)
   */
  LogProbs(TokenTexts texts, int offset) {
    this.texts = texts;
    this.at = offset;
  }

  static float finite(float logProbability) {
    return Math.max(LEAST, logProbability);
  }

  /** A text's first token, of which nothing says how probable it was. */
  LogProbs first(int id) {
    word(texts.text(id));
    logprobs.addNull();
    top.addNull();
    return this;
  }

  LogProbs add(List<ScoredToken> tokens) {
    for (ScoredToken token : tokens) {
      String word = texts.text(token.id());
      word(word);
      logprobs.add(finite(token.logProbability()));
      ObjectNode alternatives = top.addObject();
      for (ScoredToken alternative : token.alternatives()) {
        put(alternatives, texts.text(alternative.id()), alternative);
      }
      put(alternatives, word, token);
    }
    return this;
  }

  /** Of several tokens that read alike, parts of characters say, the likeliest stays. */
  private static void put(ObjectNode alternatives, String word, ScoredToken token) {
    alternatives.putIfAbsent(word, new FloatNode(finite(token.logProbability())));
  }

  private void word(String word) {
    offsets.add(Math.max(0, at));
    words.add(word);
    at += word.length();
  }

  ObjectNode json() {
    return lists;
  }
}
