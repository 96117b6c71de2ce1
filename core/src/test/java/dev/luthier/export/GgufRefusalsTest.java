package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.GgufValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What llama.cpp would compute otherwise is not exported; the rest says what it is. */
class GgufRefusalsTest {
  @TempDir private Path temp = Path.of("");

  private Path folder(String modelType, String more) throws IOException {
    return TinyExports.folder(
        Files.createDirectories(temp.resolve("My-Llama-7B-Chat")), modelType, more);
  }

  private GgufExport export(Path folder, GgufFileType type, Importance importance) {
    return new GgufExport(folder, Optional.empty(), false, type, importance, false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "opt      | '\"ffn_dim\":96,\"word_embed_proj_dim\":64' | does not run models of type"
            + " 'opt'",
        "gptj     | '\"rotary_dim\":8' | does not run models of type 'gptj'",
        "gpt_neo  | '\"num_layers\":6,\"attention_types\":[[[\"global\",\"local\"],3]]' | does not"
            + " run models of type 'gpt_neo'",
        "llama    | '\"hidden_act\":\"gelu\"' | the activation is gelu, where it takes silu",
        "gemma2   | '\"head_dim\":32,\"num_key_value_heads\":2,\"query_pre_attn_scalar\":20' |"
            + " query_pre_attn_scalar is 20.0, where it takes 32.0",
        "gemma3_text |"
            + " '\"head_dim\":32,\"num_key_value_heads\":2,\"query_pre_attn_scalar\":32,\"sliding_window_pattern\":3'"
            + " | sliding_window_pattern is 3.0, where it takes 6.0",
        "falcon   | '\"alibi\":true' | alibi is true, where it takes false",
        "phi      | '\"qk_layernorm\":true' | no place for",
        "qwen2    |"
            + " '\"num_key_value_heads\":4,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8.0}'"
            + " | rope_scaling is of type 'llama3'",
        "bloom    | '\"intermediate_size\":256,\"apply_residual_connection_post_layernorm\":true' |"
            + " apply_residual_connection_post_layernorm is true"
      })
  void what_llama_cpp_does_not_do_is_named(String modelType, String more, String message)
      throws IOException {
    Path folder = folder(modelType, more);
    Path output = temp.resolve("m.gguf");
    assertThatThrownBy(
            () ->
                export(folder, GgufFileType.F32, Importance.NONE)
                    .run(output, TinyExports.NO_VOCABULARY))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("docs/troubleshooting.md#no-gguf-form");
    assertThat(output).doesNotExist();
  }

  @Test
  void a_window_that_llama_cpp_does_not_have_is_noted() throws IOException {
    Path folder = folder("mistral", "\"num_key_value_heads\":2,\"sliding_window\":32");
    GgufExport.Result result =
        export(folder, GgufFileType.Q8_0, Importance.NONE)
            .run(temp.resolve("m.gguf"), TinyExports.NO_VOCABULARY);
    assertThat(result.notes()).hasSize(1).first().asString().contains("the last 32 tokens");
    assertThat(result.bitsPerWeight()).isBetween(8.5, 9.5);
  }

  @Test
  void an_importance_matrix_of_another_model_is_refused() throws IOException {
    Path folder = folder("llama", "\"num_key_value_heads\":2");
    Map<String, float[]> other = Map.of("blk.0.attn_q.weight", new float[128]);
    assertThatThrownBy(
            () ->
                export(folder, GgufFileType.Q4_0, Importance.of(other))
                    .run(temp.resolve("m.gguf"), TinyExports.NO_VOCABULARY))
        .hasMessageContaining("128 values for blk.0.attn_q.weight, which has 64 columns");
  }

  @Test
  void a_card_and_a_name_become_general_keys() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("My-Llama-7B-Chat"));
    Files.writeString(
        folder.resolve("README.md"),
        """
        ---
        license: apache-2.0
        base_model: meta/Llama-7B
        datasets: [org/some-set]
        language: [en, de]
        tags: [sft]
        pipeline_tag: text-generation
        ---
        # Words
        """);
    Map<String, GgufValue> found = GgufGeneral.of(folder, Optional.empty(), 6_738_415_616L, 0);
    assertThat(found)
        .containsEntry("general.name", GgufValue.of("My Llama 7B Chat"))
        .containsEntry("general.basename", GgufValue.of("My-Llama"))
        .containsEntry("general.finetune", GgufValue.of("Chat"))
        .containsEntry("general.size_label", GgufValue.of("6.7B"))
        .containsEntry("general.license", GgufValue.of("apache-2.0"))
        .containsEntry("general.base_model.count", GgufValue.uint32(1))
        .containsEntry("general.base_model.0.name", GgufValue.of("Llama 7B"))
        .containsEntry("general.base_model.0.organization", GgufValue.of("meta"))
        .containsEntry(
            "general.base_model.0.repo_url", GgufValue.of("https://huggingface.co/meta/Llama-7B"))
        .containsEntry("general.dataset.0.name", GgufValue.of("some set"))
        .containsEntry("general.tags", GgufValue.texts(List.of("sft", "text-generation")))
        .containsEntry("general.languages", GgufValue.texts(List.of("en", "de")));
    assertThat(GgufGeneral.size(46_700_000_000L / 8, 8)).isEqualTo("8x5.8B");
    assertThat(GgufGeneral.size(656_000, 0)).isEqualTo("656K");
    assertThat(GgufGeneral.size(999_600, 0)).isEqualTo("1.0M");
    assertThat(GgufGeneral.size(124_400_000, 0)).isEqualTo("124M");
  }
}
