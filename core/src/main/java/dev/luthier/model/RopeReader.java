package dev.luthier.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.nn.RopeScaling;
import dev.luthier.nn.RopeScaling.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code rope_scaling}; old files say {@code type} where new ones say {@code rope_type}. */
final class RopeReader {
  private RopeReader() {}

  /**
   * R, how many of a head's E numbers are turned; new files say it beside the frequencies.
   *
   * @param otherwise the part that is turned where nothing says it
   */
  static int turned(ConfigReader in, int headDim, double otherwise) {
    String key = "partial_rotary_factor";
    double beside = in.number(key, otherwise);
    int turned = (int) (headDim * in.rope().map(r -> r.path(key).asDouble(beside)).orElse(beside));
    in.supports(
        turned > 0 && turned % 2 == 0,
        key,
        turned + " of a head's " + headDim + " numbers would be turned, which must be pairs");
    return turned;
  }

  /**
   * Reads a model's rotary frequencies.
   *
   * @param dims R, how many numbers of a head are turned
   * @param positions {@code max_position_embeddings}
   */
  static RopeScaling read(ConfigReader in, int dims, int positions) {
    Optional<JsonNode> rope = in.rope();
    double beside = in.number("rope_theta", in.number("rotary_emb_base", 10000));
    double theta = rope.map(r -> r.path("rope_theta").asDouble(beside)).orElse(beside);
    int original = in.integer("original_max_position_embeddings", positions);
    return read(rope, dims, theta, positions, original, in.where());
  }

  /** The same from a {@code rope_scaling}, with what stands beside it. */
  static RopeScaling read(
      Optional<JsonNode> rope, int dims, double theta, int positions, int trained, String where) {
    if (rope.isEmpty()) {
      return RopeScaling.none(dims, theta, positions);
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
          case "longrope", "su" -> Type.LONGROPE;
          default ->
              throw new LuthierException(
                  where
                      + ": rope_scaling has the type '"
                      + name
                      + "'; supported are default, linear, dynamic, llama3, yarn and longrope");
        };
    int original = r.path("original_max_position_embeddings").asInt(trained);
    if (type == Type.LONGROPE) {
      return longRope(r, dims, theta, positions, original, where);
    }
    // Two lengths say how far yarn stretches, too.
    boolean said = type == Type.YARN && r.hasNonNull("original_max_position_embeddings");
    if (type != Type.DEFAULT && !said && !r.path("factor").isNumber()) {
      throw new LuthierException(
          where + ": rope_scaling of type '" + name + "' needs a number 'factor'");
    }
    double factor = r.path("factor").asDouble(said ? (double) positions / original : 1);
    return new RopeScaling(
        type,
        dims,
        theta,
        factor,
        positions,
        original,
        r.path("low_freq_factor").asDouble(1),
        r.path("high_freq_factor").asDouble(4),
        r.path("beta_fast").asDouble(32),
        r.path("beta_slow").asDouble(1),
        r.path("truncate").asBoolean(true),
        type == Type.YARN ? yarnAttention(r, factor) : 1,
        List.of(),
        List.of());
  }

  private static RopeScaling longRope(
      JsonNode r, int dims, double theta, int positions, int original, String where) {
    double factor =
        original == positions ? r.path("factor").asDouble(1) : (double) positions / original;
    double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new RopeScaling(
        Type.LONGROPE,
        dims,
        theta,
        factor,
        positions,
        original,
        1,
        4,
        32,
        1,
        true,
        r.path("attention_factor").asDouble(attention),
        factors(r, "short_factor", dims, where),
        factors(r, "long_factor", dims, where));
  }

  private static List<Float> factors(JsonNode r, String key, int dims, String where) {
    List<Float> out = new ArrayList<>();
    r.path(key).forEach(n -> out.add(n.floatValue()));
    if (out.size() != dims / 2) {
      throw new LuthierException(
          where
              + ": rope_scaling's "
              + key
              + " has "
              + out.size()
              + " numbers, expected "
              + dims / 2
              + ", one for each pair of a head's "
              + dims
              + " turned numbers");
    }
    return out;
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
