package dev.luthier.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.RopeScaling.Type;
import java.util.Optional;

/** Reads {@code rope_scaling}; old files say {@code type} where new ones say {@code rope_type}. */
final class RopeReader {
  private RopeReader() {}

  static RopeScaling read(
      Optional<JsonNode> rope, int headDim, double theta, int positions, String where) {
    if (rope.isEmpty()) {
      return RopeScaling.none(headDim, theta, positions);
    }
    JsonNode r = rope.get();
    String name = r.path("rope_type").asText(r.path("type").asText("default"));
    Type type =
        switch (name) {
          case "default" -> Type.DEFAULT;
          case "linear" -> Type.LINEAR;
          case "dynamic" -> Type.DYNAMIC;
          case "llama3" -> Type.LLAMA3;
          case "yarn" -> Type.YARN;
          default ->
              throw new LuthierException(
                  where
                      + ": rope_scaling has the type '"
                      + name
                      + "'; Llama models use default, linear, dynamic, llama3 or yarn");
        };
    if (type != Type.DEFAULT && !r.path("factor").isNumber()) {
      throw new LuthierException(
          where + ": rope_scaling of type '" + name + "' needs a number 'factor'");
    }
    double factor = r.path("factor").asDouble(1);
    int original = r.path("original_max_position_embeddings").asInt(positions);
    if (type == Type.YARN && r.has("original_max_position_embeddings")) {
      // As Hugging Face: the stretch is then what the two lengths say.
      factor = (double) positions / original;
    }
    return new RopeScaling(
        type,
        headDim,
        theta,
        factor,
        positions,
        original,
        r.path("low_freq_factor").asDouble(1),
        r.path("high_freq_factor").asDouble(4),
        r.path("beta_fast").asDouble(32),
        r.path("beta_slow").asDouble(1),
        r.path("truncate").asBoolean(true),
        type == Type.YARN ? yarnAttention(r, factor) : 1);
  }

  private static double yarnAttention(JsonNode r, double factor) {
    if (r.path("attention_factor").isNumber()) {
      return r.path("attention_factor").doubleValue();
    }
    double mscale = r.path("mscale").asDouble(0);
    double all = r.path("mscale_all_dim").asDouble(0);
    if (mscale != 0 && all != 0) {
      return mscale(factor, mscale) / mscale(factor, all);
    }
    return mscale(factor, 1);
  }

  private static double mscale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }
}
