package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.Batch;
import dev.luthier.measure.OrdinaryStep;
import dev.luthier.model.Llama;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockwiseStepTest {
  private static Batch batch(int rows, int length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[][] tokens = new long[rows][length];
    long[][] labels = new long[rows][length];
    for (int b = 0; b < rows; b++) {
      for (int t = 0; t < length; t++) {
        tokens[b][t] = random.nextInt(40);
        labels[b][t] = random.nextInt(3) == 0 ? -100 : tokens[b][t];
      }
    }
    return Batch.of(tokens, labels);
  }

  /** The same loss in the ordinary way: one graph, all logits. */
  private static double wholeGraph(Llama model, Batch batch) {
    LoraSettings lora = LoraSettings.defaults();
    return new OrdinaryStep(TinyLlama.CONFIG, model, lora.alpha() / lora.rank())
        .run(batch, 1.0 / batch.labelTokens(), 0);
  }

  private static Map<String, float[]> gradients(Llama model) {
    Map<String, float[]> out = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      Trainables.of(model).forEach((name, p) -> out.put(name, Tensors.toFloats(p.grad())));
    }
    new Gradients(Trainables.of(model)).clear();
    return out;
  }

  private static void same(Map<String, float[]> a, Map<String, float[]> b) {
    assertThat(a.keySet()).isEqualTo(b.keySet());
    a.forEach(
        (name, expected) -> {
          float[] actual = java.util.Objects.requireNonNull(b.get(name));
          double scale = 0;
          for (float f : expected) {
            scale = Math.max(scale, Math.abs(f));
          }
          assertThat(scale).as(name).isPositive();
          for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i])
                .as(name + "[" + i + "]")
                .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(1e-5 * scale));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gives_the_gradients_of_one_graph_for_all_weights(boolean recompute) {
    Llama model = TinyLlama.full(1);
    Batch batch = batch(3, 11, 2);
    double expected = wholeGraph(model, batch);
    Map<String, float[]> reference = gradients(model);
    double actual = step(model, batch, recompute);
    assertThat(actual).isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-4));
    same(reference, gradients(model));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gives_the_gradients_of_one_graph_for_adapters(boolean recompute) {
    Llama model = TinyLlama.lora(1, LoraSettings.defaults());
    Batch batch = batch(2, 9, 3);
    wholeGraph(model, batch);
    Map<String, float[]> reference = gradients(model);
    assertThat(reference).hasSize(2 * 2 * 7);
    step(model, batch, recompute);
    same(reference, gradients(model));
  }

  private static double step(Llama model, Batch batch, boolean recompute) {
    return new BlockwiseStep(
            model, WeightSource.of(model), StepLayout.recomputing(40).keeping(recompute ? 0 : 2))
        .forwardBackward(batch, Objective.crossEntropy(), 1.0 / batch.labelTokens(), 7);
  }

  @Test
  void leaves_no_native_object_behind() {
    Llama model = TinyLlama.full(1);
    Batch batch = batch(2, 9, 3);
    Gradients gradients = new Gradients(Trainables.of(model));
    step(model, batch, true);
    gradients.clear();
    long before = Pointer.totalCount();
    step(model, batch, true);
    gradients.clear();
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }
}
