package dev.luthier.measure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.Batch;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.StepLayout;
import dev.luthier.train.TinyLlama;
import dev.luthier.train.Trainables;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class StepTimerTest {
  @Test
  void a_step_moves_every_weight_clears_the_gradients_and_leaves_nothing_behind() {
    Transformer model = TinyLlama.full(1);
    Batch batch = StepTimer.batch(2, 64, 40, 3);
    StepTimer timer = new StepTimer(model, batch);
    ForwardBackward pass = ForwardBackward.blockwise(model, StepLayout.recomputing(40));
    assertThat(timer.step(pass).seconds()).isPositive();
    try (PointerScope scope = new PointerScope()) {
      for (Tensor p : Trainables.of(model).values()) {
        float[] before = Tensors.toFloats(p);
        timer.step(pass);
        assertThat(Tensors.toFloats(p)).isNotEqualTo(before);
        assertThat(p.grad().defined()).isFalse();
      }
    }
    assertThat(NativeObjects.leftBehindBy(() -> timer.step(pass))).isZero();
  }

  /** The system counts the processor's time in hundredths of a second. */
  @Test
  void steps_that_run_for_half_a_second_have_kept_the_processor_busy() {
    Transformer model = TinyLlama.full(1);
    StepTimer timer = new StepTimer(model, StepTimer.batch(2, 64, 40, 3));
    ForwardBackward pass = ForwardBackward.blockwise(model, StepLayout.recomputing(40));
    double wall = 0;
    double busy = 0;
    while (wall < 0.5) {
      StepTimer.Step step = timer.step(pass);
      wall += step.seconds();
      busy += step.processorSeconds();
    }
    assertThat(busy).isBetween(0.01, 1.1 * wall * Runtime.getRuntime().availableProcessors());
  }

  @Test
  void every_token_of_a_batch_has_a_label_but_each_row_s_first() {
    Batch batch = StepTimer.batch(3, 10, 40, 3);
    assertThat(batch.labelTokens()).isEqualTo(3 * 9);
    assertThat(Arrays.stream(batch.tokens()).allMatch(t -> t >= 0 && t < 40)).isTrue();
  }
}
