package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.quant.FourBitType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationConfigTest {
  private static Optional<QuantizationConfig> of(String quantization) {
    return QuantizationConfig.of(
        Json.parse("{\"quantization_config\": " + quantization + "}", "test"), "config.json");
  }

  /** As transformers writes it; the keys stand in its order. */
  @Test
  void the_object_of_transformers_is_read_and_written_back() {
    String text =
        """
        {
          "_load_in_4bit": true,
          "_load_in_8bit": false,
          "bnb_4bit_compute_dtype": "bfloat16",
          "bnb_4bit_quant_storage": "uint8",
          "bnb_4bit_quant_type": "nf4",
          "bnb_4bit_use_double_quant": true,
          "llm_int8_enable_fp32_cpu_offload": false,
          "llm_int8_has_fp16_weight": false,
          "llm_int8_skip_modules": null,
          "llm_int8_threshold": 6.0,
          "load_in_4bit": true,
          "load_in_8bit": false,
          "quant_method": "bitsandbytes"
        }
        """;
    QuantizationConfig config = of(text).orElseThrow();
    assertThat(config).isEqualTo(QuantizationConfig.fourBit(FourBitType.NF4, true, List.of()));
    assertThat(Json.pretty(config.toJson())).isEqualTo(text);
    assertThat(of(Json.pretty(QuantizationConfig.int8(List.of("a")).toJson())).orElseThrow())
        .isEqualTo(QuantizationConfig.int8(List.of("a")));
  }

  @Test
  void what_is_not_said_has_transformers_defaults() {
    assertThat(of("{\"load_in_4bit\": true}").orElseThrow())
        .isEqualTo(
            new QuantizationConfig(
                Optional.of(FourBitType.FP4), false, "float32", DType.U8, 6, List.of()));
    ObjectNode plain = Json.parse("{}", "test");
    assertThat(QuantizationConfig.of(plain, "config.json")).isEmpty();
    assertThat(of("null")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"quant_method": "gptq", "bits": 4}                          | quant_method is 'gptq'
          {"load_in_4bit": true, "load_in_8bit": true}                 | load_in_4bit
          {}                                                           | load_in_4bit
          {"load_in_4bit": true, "bnb_4bit_quant_type": "af4"}         | af4
          {"load_in_4bit": true, "bnb_4bit_quant_storage": "int8"}     | int8
          {"load_in_8bit": true, "llm_int8_has_fp16_weight": true}     | llm_int8_has_fp16_weight
          """)
  void what_is_not_read_is_refused(String text, String found) {
    assertThatThrownBy(() -> of(text))
        .isInstanceOf(LuthierException.class)
        .hasMessageStartingWith("config.json: quantization_config")
        .hasMessageContaining(found);
  }

  @ParameterizedTest
  @CsvSource({
    "'', lm_head, true",
    "'', model.layers.0.mlp.up_proj, false",
    "up_proj, model.layers.0.mlp.up_proj, true",
    "mlp.up_proj, model.layers.0.mlp.up_proj, true",
    "model.layers.1, model.layers.1.mlp.up_proj, true",
    "model.layers.1, model.layers.10.mlp.up_proj, false",
    "up, model.layers.0.mlp.up_proj, false",
    "up_proj, lm_head, false",
  })
  void a_module_is_skipped_by_its_path_or_whole_parts_of_it(
      String skip, String module, boolean skipped) {
    QuantizationConfig config = QuantizationConfig.int8(skip.isEmpty() ? List.of() : List.of(skip));
    assertThat(config.skips(module)).isEqualTo(skipped);
  }

  /** transformers leaves the head out only where the list is empty or names it. */
  @ParameterizedTest
  @CsvSource({"llama, lm_head", "gpt_neox, embed_out", "bert, cls.predictions.decoder"})
  void a_list_of_what_is_skipped_names_the_familys_head(String type, String head) {
    ObjectNode config = Json.object().put("model_type", type);
    assertThat(QuantizationConfig.withHead(List.of("dense", head), config, "config.json"))
        .containsExactly(head, "dense");
  }
}
