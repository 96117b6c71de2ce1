package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.model.Families;
import dev.luthier.quant.FourBitMatrix;
import dev.luthier.quant.FourBitType;
import dev.luthier.quant.Int8Matrix;
import dev.luthier.quant.QuantizedMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * {@code quantization_config} of a model's config.json, as transformers' {@code BitsAndBytesConfig}
 * writes it. It says nothing of the block size, which stands beside each matrix.
 *
 * @param fourBit the four-bit type; empty for INT8
 * @param doubleQuant whether scales are quantized in turn (four bits only)
 * @param computeDtype what products are computed in, as torch names it
 * @param storage the dtype under which packed bytes are stored (four bits only)
 * @param threshold the magnitude of an activation that LLM.int8() keeps apart (INT8 only)
 * @param skipModules modules that stay as they are; none named means the output head
 */
public record QuantizationConfig(
    Optional<FourBitType> fourBit,
    boolean doubleQuant,
    String computeDtype,
    DType storage,
    double threshold,
    List<String> skipModules) {
  /** The key in config.json. */
  public static final String KEY = "quantization_config";

  /** bitsandbytes' own. */
  public static final int DEFAULT_BLOCK_SIZE = 64;

  private static final String METHOD = "bitsandbytes";
  private static final double DEFAULT_THRESHOLD = 6;
  private static final String HEAD = "lm_head";

  /** Copies the list. */
  public QuantizationConfig {
    skipModules = List.copyOf(skipModules);
  }

  /** Four bits, stored as uint8, computed in bfloat16. */
  public static QuantizationConfig fourBit(
      FourBitType type, boolean doubleQuant, List<String> skipModules) {
    return new QuantizationConfig(
        Optional.of(type), doubleQuant, "bfloat16", DType.U8, DEFAULT_THRESHOLD, skipModules);
  }

  /** Eight bits with the paper's threshold. */
  public static QuantizationConfig int8(List<String> skipModules) {
    return new QuantizationConfig(
        Optional.empty(), false, "float32", DType.U8, DEFAULT_THRESHOLD, skipModules);
  }

  /**
   * Modules to skip and the output head, which a list has to name for transformers to skip it.
   *
   * @param config of the model
   * @param where the file, for messages
   */
  public static List<String> withHead(List<String> modules, ObjectNode config, String where) {
    String matrix = Families.of(config, where).names().head();
    String head = matrix.substring(0, matrix.length() - ".weight".length());
    return Stream.concat(Stream.of(head), modules.stream()).distinct().toList();
  }

  /**
   * Reads it from a model's configuration; empty if the model is not quantized.
   *
   * @param where what the configuration is called in errors
   * @throws LuthierException if it is of another method than bitsandbytes, or has no such value
   */
  public static Optional<QuantizationConfig> of(ObjectNode config, String where) {
    JsonNode node = config.path(KEY);
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    String at = where + ": " + KEY;
    String method = node.path("quant_method").asText(METHOD);
    if (!method.equals(METHOD)) {
      throw new LuthierException(
          at + ".quant_method is '" + method + "'; only " + METHOD + " is read");
    }
    boolean four = node.path("load_in_4bit").asBoolean();
    if (four == node.path("load_in_8bit").asBoolean()) {
      throw new LuthierException(at + ": expected one of load_in_4bit and load_in_8bit to be true");
    }
    if (node.path("llm_int8_has_fp16_weight").asBoolean()) {
      throw new LuthierException(
          at + ".llm_int8_has_fp16_weight is true; expected weights stored in int8");
    }
    List<String> skip = new ArrayList<>();
    node.path("llm_int8_skip_modules").forEach(n -> skip.add(n.asText()));
    String type = node.path("bnb_4bit_quant_type").asText("fp4");
    return Optional.of(
        new QuantizationConfig(
            four ? Optional.of(type(at, type)) : Optional.empty(),
            node.path("bnb_4bit_use_double_quant").asBoolean(),
            node.path("bnb_4bit_compute_dtype").asText("float32"),
            storage(at, node.path("bnb_4bit_quant_storage").asText("uint8")),
            node.path("llm_int8_threshold").asDouble(DEFAULT_THRESHOLD),
            skip));
  }

  private static FourBitType type(String at, String name) {
    return FourBitType.named(name)
        .orElseThrow(
            () ->
                new LuthierException(
                    at + ".bnb_4bit_quant_type is '" + name + "'; expected nf4 or fp4"));
  }

  private static DType storage(String at, String name) {
    return switch (name) {
      case "uint8" -> DType.U8;
      case "bfloat16" -> DType.BF16;
      case "float16" -> DType.F16;
      case "float32" -> DType.F32;
      default ->
          throw new LuthierException(
              at
                  + ".bnb_4bit_quant_storage is '"
                  + name
                  + "'; expected uint8, bfloat16, float16 or float32");
    };
  }

  /** Keys in transformers' order. */
  public ObjectNode toJson() {
    ObjectNode out = Json.object();
    out.put("_load_in_4bit", fourBit.isPresent());
    out.put("_load_in_8bit", fourBit.isEmpty());
    out.put("bnb_4bit_compute_dtype", computeDtype);
    out.put("bnb_4bit_quant_storage", storage.torchName());
    out.put("bnb_4bit_quant_type", fourBit.orElse(FourBitType.FP4).toString());
    out.put("bnb_4bit_use_double_quant", doubleQuant);
    out.put("llm_int8_enable_fp32_cpu_offload", false);
    out.put("llm_int8_has_fp16_weight", false);
    if (skipModules.isEmpty()) {
      out.putNull("llm_int8_skip_modules");
    } else {
      ArrayNode skip = out.putArray("llm_int8_skip_modules");
      skipModules.forEach(skip::add);
    }
    out.put("llm_int8_threshold", threshold);
    out.put("load_in_4bit", fourBit.isPresent());
    out.put("load_in_8bit", fourBit.isEmpty());
    out.put("quant_method", METHOD);
    return out;
  }

  /**
   * Whether a module stays as it is: a module of {@link #skipModules}, or one inside of it.
   *
   * @param module its path, such as {@code model.layers.0.mlp.up_proj}
   */
  public boolean skips(String module) {
    List<String> skip = skipModules.isEmpty() ? List.of(HEAD) : skipModules;
    return skip.stream().anyMatch(s -> ("." + module + ".").contains("." + s + "."));
  }

  /**
   * Quantizes a matrix this way; the result belongs to the current scope.
   *
   * @param name what it is called in errors
   * @param weight float32, bfloat16 or float16 (out, in), contiguous, on the CPU
   * @param blockSize values per scale (four bits only)
   */
  public QuantizedMatrix quantize(String name, Tensor weight, int blockSize) {
    return fourBit.isPresent()
        ? FourBitMatrix.quantize(name, weight, fourBit.get(), blockSize, doubleQuant)
        : Int8Matrix.quantize(name, weight);
  }
}
