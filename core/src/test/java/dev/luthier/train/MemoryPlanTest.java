package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The plan against sums written out by hand. */
class MemoryPlanTest {
  /** D 64, 2 layers, 4 heads of width 16 over 2 key heads, F 128, V 96. */
  private static final String SMALL =
      """
      {"model_type": "llama", "vocab_size": 96, "hidden_size": 64, "intermediate_size": 128,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 512}""";

  private static final int MATRICES = 64 * 64 * 2 + 2 * 64 * 32 + 3 * 64 * 128;
  private static final int OTHERS = 2 * 96 * 64 + 64 + 2 * 2 * 64;

  private static MemoryPlan plan(
      Optional<LoraSettings> lora, Optional<QuantSettings> quant, ComputeDtype dtype, int kept) {
    return plan(lora, quant, dtype, kept, 0);
  }

  private static MemoryPlan plan(
      Optional<LoraSettings> lora,
      Optional<QuantSettings> quant,
      ComputeDtype dtype,
      int kept,
      long data) {
    Workload job =
        new Workload(
            Outline.of(Json.parse(SMALL, "test"), "test", lora),
            lora,
            quant,
            TrainSettings.defaults(),
            dtype,
            10,
            data);
    return new MemoryCount(job, false).plan(3, 1, StepLayout.recomputing(96).keeping(kept));
  }

  @Test
  void full_training_takes_sixteen_bytes_a_weight() {
    MemoryPlan plan = plan(Optional.empty(), Optional.empty(), ComputeDtype.FLOAT32, 0);
    long numbers = 2L * MATRICES + OTHERS;
    assertThat(plan.weights()).isEqualTo(4 * numbers);
    assertThat(plan.gradients()).isEqualTo(4 * numbers);
    assertThat(plan.optimizer()).isEqualTo(8 * numbers);
    assertThat(plan.adapters()).isZero();
    // Two blocks' inputs and a gradient, 30 tokens of 64 numbers.
    assertThat(plan.savedInputs()).isEqualTo(3 * 30 * 64 * 4);
    assertThat(plan.total())
        .isEqualTo(plan.groups().values().stream().mapToLong(Long::longValue).sum());
  }

  @Test
  void a_block_on_its_way_back_holds_what_it_recorded_and_its_gradients() {
    MemoryPlan plan =
        plan(Optional.of(LoraSettings.defaults()), Optional.empty(), ComputeDtype.FLOAT32, 0);
    // norm 64, q k v 128 twice, attention 64; o, residual, norm 64 each; gate, up, product 128 each
    long recorded = 30 * (64 + 2 * 128 + 64 + 3 * 64 + 3 * 128) * 4 + 4 * 3 * 10 * 10 * 4;
    // the output's gradient and those of gate, up and product
    long gradients = 30 * (64 + 3 * 128) * 4;
    assertThat(plan.working()).isEqualTo(recorded + gradients);
    // rank 16 on every matrix, in and out: q, k, v, o, gate and up, down
    long adapter = 16 * (128 + 96 + 96 + 128 + 2 * 192 + 192);
    assertThat(plan.adapters()).isEqualTo(2 * adapter * 4);
    assertThat(plan.gradients()).isEqualTo(plan.adapters());
    assertThat(plan.optimizer()).isEqualTo(2 * plan.adapters());
    assertThat(plan.weights()).isEqualTo(4L * (2 * MATRICES + OTHERS));
  }

  @Test
  void a_quantized_base_is_dequantized_a_block_at_a_time() {
    LoraSettings lora = LoraSettings.defaults();
    QuantSettings quant = QuantSettings.defaults();
    MemoryPlan plain = plan(Optional.of(lora), Optional.empty(), ComputeDtype.BFLOAT16, 0);
    MemoryPlan plan = plan(Optional.of(lora), Optional.of(quant), ComputeDtype.BFLOAT16, 0);
    long held =
        2 * quant.bytes(64, 64)
            + 2 * quant.bytes(32, 64)
            + 2 * quant.bytes(128, 64)
            + quant.bytes(64, 128);
    assertThat(plan.weights()).isEqualTo(2L * OTHERS + 2 * held);
    assertThat(plan.working() - plain.working()).isEqualTo(2L * MATRICES);
  }

  @Test
  void kept_blocks_add_what_each_keeps() {
    Optional<LoraSettings> lora = Optional.of(LoraSettings.defaults());
    long one = plan(lora, Optional.empty(), ComputeDtype.FLOAT32, 1).keptBlocks();
    assertThat(one)
        .isEqualTo(30 * (64 + 2 * 128 + 64 + 4 * 64 + 3 * 128) * 4 + 4 * 3 * 10 * 10 * 4);
    assertThat(plan(lora, Optional.empty(), ComputeDtype.FLOAT32, 2).keptBlocks())
        .isEqualTo(2 * one);
  }

  @Test
  void rows_and_tokenizer_are_part_of_the_process() {
    long without = plan(Optional.empty(), Optional.empty(), ComputeDtype.FLOAT32, 0).process();
    MemoryPlan plan = plan(Optional.empty(), Optional.empty(), ComputeDtype.FLOAT32, 0, 1234);
    assertThat(plan.process()).isEqualTo(without + 1234);
  }

  @Test
  void a_model_beside_the_one_in_training_takes_what_a_frozen_base_does() {
    Optional<QuantSettings> quant = Optional.of(QuantSettings.defaults());
    Optional<LoraSettings> lora = Optional.of(LoraSettings.defaults());
    ComputeDtype dtype = ComputeDtype.BFLOAT16;
    Transformer model = Outline.of(Json.parse(SMALL, "test"), "test", Optional.empty());
    assertThat(MemoryCount.frozen(model, Optional.empty(), dtype))
        .isEqualTo(2L * (2 * MATRICES + OTHERS));
    assertThat(MemoryCount.frozen(model, quant, dtype))
        .isEqualTo(plan(lora, quant, dtype, 0).weights());
  }

  /** What comes and goes with a step leaves its room to what comes between two steps. */
  @Test
  void between_steps_there_is_room_for_all_but_what_stays() {
    MemoryPlan plan = plan(Optional.empty(), Optional.empty(), ComputeDtype.FLOAT32, 1);
    long stays = plan.weights() + plan.adapters() + plan.optimizer() + plan.process();
    MemorySettings free = MemorySettings.defaults();
    assertThat(StepPlanner.between(plan, free, 4 * plan.total()))
        .isEqualTo(2 * plan.total() - stays);
    assertThat(StepPlanner.between(plan, free, 0)).isEqualTo(plan.total() - stays);
  }

  @Test
  void a_budget_that_is_too_small_is_refused_with_what_takes_most() {
    MemoryPlan plan = plan(Optional.empty(), Optional.empty(), ComputeDtype.FLOAT32, 0);
    assertThatCode(() -> plan.require(plan.total())).doesNotThrowAnyException();
    assertThatThrownBy(() -> plan.require(plan.total() - 1))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("the largest parts are process 321 MiB, optimizer 1 MiB")
        .hasMessageContaining("qlora");
  }
}
