package dev.luthier.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.serve.EngineListener.ScoredToken;
import java.util.List;

/** Log-probabilities of a text's tokens, in the form of {@code /v1/completions}. */
final class LogProbs {
  /** What stands for minus infinity, which JSON has not; vLLM's and OpenAI's number. */
  private static final float LEAST = -9999;

  private LogProbs() {}

  static float finite(float logProbability) {
    return Math.max(LEAST, logProbability);
  }

  /**
   * Four lists side by side.
   *
   * @param offset where the first token stands in the text, in UTF-16 units
   */
  static ObjectNode lists(List<ScoredToken> tokens, TokenTexts texts, int offset) {
    ObjectNode lists = Json.object();
    ArrayNode offsets = lists.putArray("text_offset");
    ArrayNode logprobs = lists.putArray("token_logprobs");
    ArrayNode words = lists.putArray("tokens");
    ArrayNode top = lists.putArray("top_logprobs");
    int at = offset;
    for (ScoredToken token : tokens) {
      String word = texts.text(token.id());
      offsets.add(at);
      logprobs.add(finite(token.logProbability()));
      words.add(word);
      ObjectNode alternatives = top.addObject();
      for (ScoredToken alternative : token.alternatives()) {
        alternatives.put(texts.text(alternative.id()), finite(alternative.logProbability()));
      }
      at += word.length();
    }
    return lists;
  }
}
