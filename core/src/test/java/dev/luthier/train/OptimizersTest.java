package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.UsageException;
import dev.luthier.optim.OptimizerBytes;
import dev.luthier.recipe.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the settings say of each parameter. */
class OptimizersTest {
  private static TrainSettings settings(String... assignments) {
    Settings settings = new Settings();
    List.of(assignments).forEach(settings::set);
    return settings.bind(TrainSettings.class);
  }

  @ParameterizedTest
  @CsvSource({
    "adamw_torch, adamw",
    "AdamW, adamw",
    "paged_adamw_32bit, paged_adamw",
    "paged-adamw, paged_adamw",
    "adamw_bnb_8bit, adamw_8bit",
    "paged_adamw_8bit, paged_adamw_8bit",
    "lion_32bit, lion"
  })
  void other_spellings_are_the_same_optimizer(String written, String meant) {
    assertThat(settings("optimizer=" + written).optimizer()).hasToString(meant);
  }

  @Test
  void an_unknown_optimizer_is_refused_with_all_that_there_are() {
    assertThatThrownBy(() -> settings("optimizer=adam"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("adamw | ")
        .hasMessageContaining("adafactor");
  }

  @Test
  void lora_plus_trains_b_faster_than_a() {
    TrainSettings s = settings("loraPlusRatio=16");
    String path = "model.layers.0.mlp.up_proj";
    assertThat(Optimizers.rateFactor(s, path + ".lora_A.weight")).isEqualTo(1);
    assertThat(Optimizers.rateFactor(s, path + ".lora_B.weight")).isEqualTo(16);
    assertThat(Optimizers.rateFactor(s, path + ".weight")).isEqualTo(1);
  }

  @Test
  void the_first_pattern_that_matches_a_module_wins() {
    TrainSettings s =
        settings(
            "learningRatePattern={embed_tokens|lm_head: 0.1, \"layers.0..*\": 0.5}",
            "weightDecay=0.01",
            "weightDecayPattern={embed_tokens: 0, norm: 0.2}");
    assertThat(Optimizers.rateFactor(s, "model.embed_tokens.weight")).isEqualTo(0.1);
    assertThat(Optimizers.rateFactor(s, "lm_head.weight")).isEqualTo(0.1);
    assertThat(Optimizers.rateFactor(s, "model.layers.0.mlp.up_proj.lora_B.weight")).isEqualTo(0.5);
    assertThat(Optimizers.rateFactor(s, "model.layers.1.mlp.up_proj.weight")).isEqualTo(1);
    assertThat(Optimizers.weightDecay(s, "model.embed_tokens.weight")).isZero();
    assertThat(Optimizers.weightDecay(s, "model.norm.weight")).isEqualTo(0.2);
    assertThat(Optimizers.weightDecay(s, "model.layers.0.input_layernorm.weight")).isZero();
    assertThat(Optimizers.weightDecay(s, "model.layers.0.mlp.up_proj.bias")).isZero();
    assertThat(Optimizers.weightDecay(s, "lm_head.weight")).isEqualTo(0.01);
  }

  @Test
  void what_cannot_be_meant_is_refused() {
    assertThatThrownBy(
            () ->
                settings(
                    "momentum=1", "beta2=-1", "loraPlusRatio=0", "learningRatePattern={'(': 1}"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("train.momentum")
        .hasMessageContaining("train.beta2")
        .hasMessageContaining("train.loraPlusRatio")
        .hasMessageContaining("no regular expression");
  }

  @Test
  void each_optimizer_has_a_learning_rate_that_suits_it() {
    assertThat(settings().peakRate(2e-4)).isEqualTo(2e-4);
    assertThat(settings("optimizer=lion").peakRate(2e-4)).isCloseTo(4e-5, within(1e-12));
    assertThat(settings("optimizer=lion", "learningRate=1e-3").peakRate(2e-4)).isEqualTo(1e-3);
  }

  @Test
  void bytes_of_state_follow_from_optimizer_and_shape() {
    assertThat(bytes("adamw")).isEqualTo(new OptimizerBytes(8 * 2_000_000, 0, 0));
    assertThat(bytes("sgd").resident()).isEqualTo(4 * 2_000_000);
    assertThat(Optimizers.bytes(settings("optimizer=sgd", "momentum=0"), "w", 9).resident())
        .isZero();
    assertThat(bytes("lion").resident()).isEqualTo(4 * 2_000_000);
    assertThat(bytes("adafactor").resident()).isEqualTo(4 * (1000 + 2000));
    long codes = 2 * (2_000_000 + 4 * 7813);
    assertThat(bytes("adamw_8bit").resident()).isEqualTo(codes);
    assertThat(bytes("paged_adamw_8bit").paged()).isEqualTo(codes);
    assertThat(bytes("paged_adamw").resident()).isZero();
    assertThat(bytes("paged_adamw").paged()).isEqualTo(8 * 2_000_000);
    assertThat(bytes("paged_adamw").working()).isLessThan(32 << 20);
    assertThat(Optimizers.bytes(settings("optimizer=paged_adamw"), "w", 300, 300).paged()).isZero();
  }

  @Test
  void embeddings_and_small_tensors_keep_32_bits() {
    TrainSettings s = settings("optimizer=adamw_8bit");
    assertThat(Optimizers.bytes(s, "model.layers.0.mlp.up_proj.weight", 64, 64).resident())
        .isEqualTo(2 * (4096 + 4 * 16));
    assertThat(Optimizers.bytes(s, "model.layers.0.mlp.up_proj.weight", 64, 63).resident())
        .isEqualTo(8 * 64 * 63);
    assertThat(Optimizers.bytes(s, "model.embed_tokens.weight", 1000, 64).resident())
        .isEqualTo(8 * 64_000);
    assertThat(Optimizers.bytes(s, "lm_head.weight", 1000, 64).resident()).isLessThan(3 * 64_000);
  }

  private static OptimizerBytes bytes(String optimizer) {
    return Optimizers.bytes(settings("optimizer=" + optimizer), "w", 1000, 2000);
  }
}
