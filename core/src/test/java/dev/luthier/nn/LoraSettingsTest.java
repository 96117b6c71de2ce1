package dev.luthier.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoraSettingsTest {
  @Test
  void defaults_are_the_annotations_values() {
    LoraSettings lora = LoraSettings.defaults();
    assertThat(lora.rank()).isEqualTo(16);
    assertThat(lora.alpha()).isEqualTo(32);
    assertThat(lora.targets().isAllLinear()).isTrue();
    assertThat(lora.exclude().isEmpty()).isTrue();
    assertThat(lora.layers().contains(5)).isTrue();
    assertThat(lora.bias()).isEqualTo(LoraSettings.Bias.NONE);
  }

  @Test
  void all_complaints_come_together() {
    assertThatThrownBy(
            () ->
                new LoraSettings(
                    0,
                    -1,
                    1,
                    ModuleNames.of("all-linear"),
                    ModuleNames.none(),
                    LayerIndices.all(),
                    Map.of("q_proj(", 4),
                    Map.of(),
                    false,
                    List.of(),
                    LoraSettings.Bias.NONE,
                    List.of(4, 4)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lora.rank is 0")
        .hasMessageContaining("lora.alpha is -1.0")
        .hasMessageContaining("lora.dropout is 1.0")
        .hasMessageContaining("q_proj(")
        .hasMessageContaining("lora.trainableTokenIndices is [4, 4]");
  }

  @Test
  void a_list_matches_path_ends_and_a_regex_whole_paths() {
    ModuleNames list = ModuleNames.of(List.of("q_proj"));
    assertThat(list.matches("model.layers.0.self_attn.q_proj")).isTrue();
    assertThat(list.matches("q_proj")).isTrue();
    assertThat(list.matches("model.layers.0.self_attn.xq_proj")).isFalse();
    ModuleNames regex = ModuleNames.of(".*\\.[qv]_proj");
    assertThat(regex.matches("model.layers.0.self_attn.v_proj")).isTrue();
    assertThat(regex.matches("model.layers.0.self_attn.v_proj.base")).isFalse();
  }

  @Test
  void layers_are_ranges_and_numbers() {
    assertThat(LayerIndices.fromSetting("0-2, 7").indices()).containsExactly(0, 1, 2, 7);
    assertThat(LayerIndices.fromSetting(List.of("4", "1")).contains(2)).isFalse();
    assertThatThrownBy(() -> LayerIndices.fromSetting("3-1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LayerIndices.fromSetting("last"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
