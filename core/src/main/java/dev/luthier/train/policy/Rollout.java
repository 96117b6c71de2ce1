package dev.luthier.train.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Json;
import java.util.Arrays;

/**
 * An answer that the policy wrote.
 *
 * @param prompt ids
 * @param answer ids, with the stop token if the model ended it
 * @param ended whether it did
 * @param old log-probabilities of the answer's tokens in the training forward, by the weights that
 *     wrote it
 * @param reference what the reference gives them; all 0 without one
 * @param reward its score; NaN if it could not be scored
 * @param advantage how much better it is than was to be expected
 * @param counts whether it is learnt from
 */
@SuppressWarnings("ArrayRecordComponent")
record Rollout(
    int[] prompt,
    int[] answer,
    boolean ended,
    float[] old,
    float[] reference,
    double reward,
    double advantage,
    boolean counts) {
  /** Prompt and answer, the answer's tokens labelled. */
  TokenSequence document(int number) {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + answer.length);
    System.arraycopy(answer, 0, tokens, prompt.length, answer.length);
    int[] labels = tokens.clone();
    Arrays.fill(labels, 0, prompt.length, TokenSequence.IGNORED);
    return new TokenSequence(tokens, labels, number).as(Part.SAMPLED);
  }

  ObjectNode toJson() {
    ObjectNode json = Json.object();
    put(json.putArray("prompt"), prompt);
    put(json.putArray("answer"), answer);
    json.put("ended", ended);
    put(json.putArray("old"), old);
    put(json.putArray("reference"), reference);
    if (!Double.isNaN(reward)) {
      json.put("reward", reward);
    }
    return json.put("advantage", advantage).put("counts", counts);
  }

  static Rollout of(JsonNode json) {
    return new Rollout(
        ints(json.path("prompt")),
        ints(json.path("answer")),
        json.path("ended").asBoolean(),
        floats(json.path("old")),
        floats(json.path("reference")),
        json.path("reward").asDouble(Double.NaN),
        json.path("advantage").asDouble(),
        json.path("counts").asBoolean());
  }

  private static void put(ArrayNode into, int[] values) {
    Arrays.stream(values).forEach(into::add);
  }

  private static void put(ArrayNode into, float[] values) {
    for (float value : values) {
      into.add(value);
    }
  }

  private static int[] ints(JsonNode of) {
    int[] out = new int[of.size()];
    Arrays.setAll(out, i -> of.get(i).asInt());
    return out;
  }

  private static float[] floats(JsonNode of) {
    float[] out = new float[of.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) of.get(i).asDouble();
    }
    return out;
  }
}
