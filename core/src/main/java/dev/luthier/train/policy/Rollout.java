package dev.luthier.train.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Json;
import java.util.Arrays;

/**
 * An answer that the policy wrote, and what is known of its tokens.
 *
 * @param prompt ids
 * @param answer ids, with the stop token if the model ended it
 * @param counts whether it is learnt from
 * @param known {@link TokenFigure#COUNT} numbers of each of the answer's tokens
 */
@SuppressWarnings("ArrayRecordComponent")
record Rollout(int[] prompt, int[] answer, boolean counts, float[] known) {
  /** One of which nothing is known yet. */
  Rollout(int[] prompt, int[] answer, boolean counts) {
    this(prompt, answer, counts, new float[answer.length * TokenFigure.COUNT]);
  }

  /** A figure of all tokens. */
  double[] get(TokenFigure figure) {
    double[] out = new double[answer.length];
    Arrays.setAll(out, t -> figure.of(known, t));
    return out;
  }

  void set(TokenFigure figure, double[] values) {
    for (int t = 0; t < values.length; t++) {
      known[t * TokenFigure.COUNT + figure.ordinal()] = (float) values[t];
    }
  }

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
    json.put("counts", counts);
    ArrayNode numbers = json.putArray("known");
    for (float value : known) {
      numbers.add(value);
    }
    return json;
  }

  static Rollout of(JsonNode json) {
    JsonNode numbers = json.path("known");
    float[] known = new float[numbers.size()];
    for (int i = 0; i < known.length; i++) {
      known[i] = (float) numbers.get(i).asDouble();
    }
    return new Rollout(
        ints(json.path("prompt")),
        ints(json.path("answer")),
        json.path("counts").asBoolean(),
        known);
  }

  private static void put(ArrayNode into, int[] values) {
    Arrays.stream(values).forEach(into::add);
  }

  private static int[] ints(JsonNode of) {
    int[] out = new int[of.size()];
    Arrays.setAll(out, i -> of.get(i).asInt());
    return out;
  }
}
