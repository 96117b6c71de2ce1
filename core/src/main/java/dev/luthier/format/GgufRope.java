package dev.luthier.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How a configuration turns heads, as llama.cpp's metadata and tensors say it. */
final class GgufRope {
  private final ObjectNode config;
  private final String arch;
  private final long headDim;
  private final JsonNode rope;
  private final String type;

  GgufRope(ObjectNode config, String arch, long headDim) {
    this.config = config;
    this.arch = arch;
    this.headDim = headDim;
    this.rope = rope(config);
    this.type = rope.path("rope_type").asText(rope.path("type").asText("default"));
  }

  /** New files have one for each kind of Gemma 3's blocks; that of whole attention is scaled. */
  private static JsonNode rope(ObjectNode config) {
    for (String key : new String[] {"rope_scaling", "rope_parameters"}) {
      JsonNode found = config.path(key);
      if (found.isObject()) {
        return found.path("full_attention").isObject() ? found.path("full_attention") : found;
      }
    }
    return MissingNode.getInstance();
  }

  private double number(String key, double absent) {
    JsonNode beside = config.path(key);
    double otherwise = beside.isNumber() ? beside.asDouble() : absent;
    return rope.path(key).isNumber() ? rope.path(key).asDouble() : otherwise;
  }

  /** How many of a head's numbers are turned. */
  long turned() {
    double part =
        switch (arch) {
          case "phi2" -> number("partial_rotary_factor", 0.5);
          case "phi3" -> number("partial_rotary_factor", 1);
          case "gptneox" -> number("partial_rotary_factor", number("rotary_pct", 0.25));
          default -> 1;
        };
    return (long) (headDim * part);
  }

  /** The base of the frequencies. */
  double base() {
    double absent = arch.equals("gemma3") ? 1e6 : 10000;
    return number("rope_theta", number("rotary_emb_base", absent));
  }

  private long positions() {
    return (long) number("max_position_embeddings", 2048);
  }

  /** The length up to which frequencies are as trained. */
  private long original() {
    return (long) number("original_max_position_embeddings", positions());
  }

  /** Keys after the architecture's name. */
  Map<String, GgufValue> scaling() {
    Map<String, GgufValue> out = new LinkedHashMap<>();
    switch (type) {
      case "linear" -> {
        out.put("rope.scaling.type", GgufValue.of("linear"));
        out.put("rope.scaling.factor", GgufValue.float32(number("factor", 1)));
      }
      case "yarn" -> {
        out.put("rope.scaling.type", GgufValue.of("yarn"));
        double factor = number("factor", (double) positions() / original());
        out.put("rope.scaling.factor", GgufValue.float32(factor));
        out.put("rope.scaling.original_context_length", GgufValue.uint32(original()));
      }
      case "llama3" ->
          out.put("rope.scaling.original_context_length", GgufValue.uint32(original()));
      case "longrope", "su" -> {
        out.put("rope.scaling.original_context_length", GgufValue.uint32(original()));
        out.put("rope.scaling.attn_factor", GgufValue.float32(attention()));
      }
      default -> {}
    }
    return out;
  }

  /** What longrope multiplies turned numbers by. */
  private double attention() {
    double stretch =
        original() == positions() ? number("factor", 1) : (double) positions() / original();
    double usual = stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original()));
    return number("attention_factor", usual);
  }

  /** Divisors of frequencies, by tensor. */
  Map<String, float[]> tensors() {
    Map<String, float[]> out = new LinkedHashMap<>();
    if (type.equals("llama3")) {
      out.put(GgufConfig.FREQUENCIES, llama3());
    }
    if (type.equals("longrope") || type.equals("su")) {
      out.put(GgufConfig.LONG, factors("long_factor"));
      out.put(GgufConfig.SHORT, factors("short_factor"));
    }
    return out;
  }

  private float[] factors(String key) {
    float[] out = new float[rope.path(key).size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = rope.path(key).path(i).floatValue();
    }
    return out;
  }

  /** 1 for high frequencies, the factor for low ones, and between these what lies between. */
  private float[] llama3() {
    double factor = number("factor", 8);
    double low = number("low_freq_factor", 1);
    double high = number("high_freq_factor", 4);
    float[] out = new float[(int) (headDim / 2)];
    for (int i = 0; i < out.length; i++) {
      double turns = original() * Math.pow(base(), -2.0 * i / headDim) / (2 * Math.PI);
      double smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      out[i] = (float) (1 / ((1 - smooth) / factor + smooth));
    }
    return out;
  }

  /** What llama.cpp cannot do of it, in words. */
  Optional<String> refusal() {
    boolean known =
        switch (type) {
          // Dynamic scaling begins beyond the length that the file says.
          case "default", "linear", "yarn", "dynamic" -> true;
          case "llama3" -> arch.equals("llama");
          case "longrope", "su" -> arch.equals("phi3");
          default -> false;
        };
    if (!known) {
      return Optional.of("rope_scaling is of type '" + Problems.shortened(type) + "'");
    }
    boolean usual =
        number("beta_fast", 32) == 32
            && number("beta_slow", 1) == 1
            && !rope.path("attention_factor").isNumber()
            && number("mscale", 0) == 0
            && rope.path("truncate").asBoolean(true);
    return type.equals("yarn") && !usual
        ? Optional.of("yarn's rope_scaling has settings of its own, " + rope)
        : Optional.empty();
  }
}
