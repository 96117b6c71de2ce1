package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamiliesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_type: qwen3_moe | qwen3 (Qwen 3 (dense)), but this model has a sparse mixture",
        "model_type: olmo2 | llama (Llama 1 to 3.x, TinyLlama, SmolLM), but this model has norms",
        "model_type: gpt_bigcode | gpt2 (GPT-2), but this model has one key head",
        "model_type: gemma3, text_config: {} | gemma3_text (Gemma 3 (text)), but this model has",
        "model_type: brandnew, rms_norm_eps: 0.1 | set model_type to 'llama'",
        "model_type: brandnew, num_local_experts: 4, rms_norm_eps: 0.1 | set model_type to 'mixtral'",
        "model_type: brandnew, n_embd: 4 | set model_type to 'gpt2'",
        "model_type: seeing, text_config: {model_type: mistral} | set model_type to 'mistral'",
        "hidden_size: 4 | config.json has no model_type. Supported are"
      })
  void the_error_names_the_nearest_family_and_what_differs(String config, String says) {
    assertThatThrownBy(() -> Families.of(TinyConfigs.of(config), "config.json"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(says)
        .hasMessageContaining("docs/troubleshooting.md#model-type");
  }

  @Test
  void no_supported_type_stands_among_the_relatives_that_are_not() {
    assertThat(Families.all())
        .allSatisfy(
            family ->
                assertThat(family.modelTypes()).noneMatch(t -> Relatives.known(t).isPresent()));
  }

  @Test
  void every_type_belongs_to_one_family() {
    assertThat(Families.all().stream().flatMap(f -> f.modelTypes().stream()))
        .doesNotHaveDuplicates();
  }
}
