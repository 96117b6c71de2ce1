package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.format.GgufType;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each matrix's type is the one that llama.cpp's own program gave it. */
class GgufRecipeTest {
  private static JsonNode golden() {
    try (InputStream in = GgufRecipeTest.class.getResourceAsStream("llama-cpp-types.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<Arguments> recorded() {
    List<Arguments> out = new ArrayList<>();
    golden()
        .fields()
        .forEachRemaining(
            model ->
                model
                    .getValue()
                    .path("types")
                    .fields()
                    .forEachRemaining(
                        type ->
                            out.add(
                                Arguments.of(
                                    model.getKey(),
                                    type.getKey(),
                                    model.getValue(),
                                    type.getValue().asText()))));
    return out.stream();
  }

  private static Map<String, List<Long>> shapes(JsonNode model) {
    Map<String, List<Long>> out = new TreeMap<>();
    model
        .path("shapes")
        .fields()
        .forEachRemaining(
            e -> {
              List<Long> shape =
                  Arrays.stream(e.getValue().asText().split("x")).map(Long::valueOf).toList();
              int count = e.getKey().contains("*") ? model.path("blocks").asInt() : 1;
              for (int i = 0; i < count; i++) {
                out.put(e.getKey().replace("*", Integer.toString(i)), shape);
              }
            });
    return out;
  }

  private static GgufRecipe recipe(JsonNode model, String type, boolean importance, boolean pure) {
    return new GgufRecipe(
        GgufFileType.valueOf(type),
        model.path("architecture").asText(),
        model.path("blocks").asInt(),
        model.path("heads").asLong(),
        model.path("keyHeads").asLong(),
        model.path("experts").asLong(),
        importance,
        pure);
  }

  @ParameterizedTest(name = "{0} as {1}")
  @MethodSource("recorded")
  void types_are_llama_cpp_s(String name, String type, JsonNode model, String expected) {
    List<String> all = new ArrayList<>();
    for (String run : expected.split(" ")) {
      String[] parts = run.split("\\*");
      for (int i = parts.length == 1 ? 1 : Integer.parseInt(parts[1]); i > 0; i--) {
        all.add(parts[0]);
      }
    }
    List<GgufType> found =
        List.copyOf(recipe(model, type, false, false).types(shapes(model)).values());
    assertThat(found).hasSameSizeAs(all);
    assertThat(found.stream().map(GgufType::name).toList()).isEqualTo(all);
  }

  @Test
  void pure_files_have_one_type_wherever_rows_fit() {
    JsonNode model = golden().path("llama-16");
    Map<String, GgufType> types = recipe(model, "Q4_K_M", false, true).types(shapes(model));
    assertThat(types.values()).containsOnly(GgufType.Q4_K);
    JsonNode narrow = golden().path("qwen2-short-rows");
    assertThat(recipe(narrow, "Q4_K_M", false, true).types(shapes(narrow)).values())
        .containsOnly(GgufType.Q5_0, GgufType.F16);
  }

  /** {@code llama-quant.cpp}: the first eighth gets a minimum; without a matrix it would spoil. */
  @Test
  void an_importance_matrix_changes_the_first_ways_out_of_feed_forward_layers() {
    JsonNode model = golden().path("llama-16");
    Map<String, GgufType> types = recipe(model, "Q4_0", true, false).types(shapes(model));
    assertThat(types)
        .containsEntry("blk.0.ffn_down.weight", GgufType.Q4_1)
        .containsEntry("blk.1.ffn_down.weight", GgufType.Q4_1)
        .containsEntry("blk.2.ffn_down.weight", GgufType.Q4_0);
    assertThat(recipe(model, "IQ4_XS", false, false).types(shapes(model)))
        .containsEntry("blk.0.ffn_down.weight", GgufType.Q5_K);
    assertThat(recipe(model, "IQ4_XS", true, false).types(shapes(model)))
        .containsEntry("blk.0.ffn_down.weight", GgufType.IQ4_XS);
  }

  @Test
  void what_is_small_and_matters_is_never_quantized() {
    for (String name :
        List.of(
            "position_embd.weight",
            "token_types.weight",
            "blk.0.ffn_gate_inp.weight",
            "enc.blk.0.attn_rel_b.weight",
            "blk.0.attn_norm.weight",
            "blk.0.attn_q.bias")) {
      assertThat(GgufRecipe.quantizes(name, List.of(256L, 256L))).as(name).isFalse();
    }
    assertThat(GgufRecipe.quantizes("output_norm.weight", List.of(256L))).isFalse();
    assertThat(GgufRecipe.quantizes("token_embd.weight", List.of(256L, 256L))).isTrue();
  }
}
