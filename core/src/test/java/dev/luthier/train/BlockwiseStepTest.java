package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.measure.OrdinaryStep;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
  private static double wholeGraph(Transformer model, Batch batch) {
    LoraSettings lora = LoraSettings.defaults();
    return new OrdinaryStep(TinyLlama.CONFIG, model, lora.alpha() / lora.rank())
        .run(batch, 1.0 / batch.labelTokens(), 0);
  }

  private static void same(Map<String, float[]> a, Map<String, float[]> b) {
    assertThat(a.keySet()).isEqualTo(b.keySet());
    a.forEach(
        (name, expected) -> {
          float[] actual = Objects.requireNonNull(b.get(name));
          double scale = 0;
          for (float f : expected) {
            scale = Math.max(scale, Math.abs(f));
          }
          assertThat(scale).as(name).isPositive();
          for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i])
                .as(name + "[" + i + "]")
                .isCloseTo(expected[i], within(1e-5 * scale));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gives_the_gradients_of_one_graph_for_all_weights(boolean recompute) {
    Transformer model = TinyLlama.full(1);
    Batch batch = batch(3, 11, 2);
    double expected = wholeGraph(model, batch);
    Map<String, float[]> reference = TinyLlama.takeGradients(model);
    double actual = step(model, batch, recompute);
    assertThat(actual).isCloseTo(expected, within(1e-4));
    same(reference, TinyLlama.takeGradients(model));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gives_the_gradients_of_one_graph_for_adapters(boolean recompute) {
    Transformer model = TinyLlama.lora(1, LoraSettings.defaults());
    Batch batch = batch(2, 9, 3);
    wholeGraph(model, batch);
    Map<String, float[]> reference = TinyLlama.takeGradients(model);
    assertThat(reference).hasSize(2 * 2 * 7);
    step(model, batch, recompute);
    same(reference, TinyLlama.takeGradients(model));
  }

  private static double step(Transformer model, Batch batch, boolean recompute) {
    return new BlockwiseStep(
            model, WeightSource.of(model), StepLayout.recomputing(40).keeping(recompute ? 0 : 2))
        .forwardBackward(batch, Objective.crossEntropy(), 1.0 / batch.labelTokens(), 7);
  }

  @Test
  void leaves_no_native_object_behind() {
    Transformer model = TinyLlama.full(1);
    Batch batch = batch(2, 9, 3);
    Gradients gradients = new Gradients(Trainables.of(model));
    long left =
        NativeObjects.leftBehindBy(
            () -> {
              step(model, batch, true);
              gradients.clear();
            });
    assertThat(left).isZero();
  }

  @Test
  void packed_rows_have_the_loss_of_unpacked_ones() {
    Transformer model = TinyLlama.full(1);
    SplittableRandom random = new SplittableRandom(8);
    List<TokenSequence> documents = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      documents.add(TinyRows.sequence(random, 2 + random.nextInt(30), i + 1));
    }
    TrainingRows packed =
        new TrainingRows(
            List.of(documents.subList(0, 22), documents.subList(22, 40)), new Collator(0));
    TrainingRows apart =
        new TrainingRows(documents.stream().map(List::of).toList(), new Collator(0));
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    Evaluator evaluator = new Evaluator(step);
    assertThat(packed.batch(0).length()).isGreaterThan(256);
    assertThat(evaluator.score(packed.batches(2, 0)).perToken())
        .isCloseTo(evaluator.score(apart.batches(7, 0)).perToken(), within(1e-5));
    double together = step.forwardBackward(packed.batch(0, 1), Objective.crossEntropy(), 1, 1);
    Gradients gradients = new Gradients(Trainables.of(model));
    double norm = gradients.norm();
    gradients.clear();
    double separate = 0;
    for (var batch : apart.batches(7, 0)) {
      separate += step.forwardBackward(batch, Objective.crossEntropy(), 1, 1);
    }
    assertThat(together).isCloseTo(separate, within(1e-5 * separate));
    assertThat(norm).isCloseTo(gradients.norm(), within(1e-5 * norm));
    gradients.clear();
  }

  @Test
  void gradients_agree_with_finite_differences() {
    Transformer model = TinyLlama.full(1);
    BlockwiseStep step = new BlockwiseStep(model, WeightSource.of(model));
    var batch = TinyRows.uneven(3).batch(0, 1, 2);
    step.forwardBackward(batch, Objective.crossEntropy(), 1, 1);
    Map<String, Tensor> parameters = Trainables.of(model);
    SplittableRandom random = new SplittableRandom(1);
    parameters.forEach(
        (name, p) -> {
          float[] g = Tensors.toFloats(p.grad());
          // Along a random direction, so that the difference is far above float32's rounding.
          float[] direction = new float[g.length];
          double slope = 0;
          for (int i = 0; i < g.length; i++) {
            direction[i] = random.nextBoolean() ? 1 : -1;
            slope += direction[i] * (double) g[i];
          }
          float h = 2e-3f;
          double up = loss(model, step, batch, p, direction, h);
          double down = loss(model, step, batch, p, direction, -h);
          double tolerance = 0.02 * Math.max(1, Math.abs(slope));
          assertThat((up - down) / (2 * h)).as(name).isCloseTo(slope, within(tolerance));
        });
  }

  private static double loss(
      Transformer model, BlockwiseStep step, Batch batch, Tensor p, float[] d, float h) {
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor before = p.clone();
      Tensor move =
          Tensors.floats(d, model.parameters().device(), Tensors.shape(p)).mul(Tensors.scalar(h));
      p.add_(move);
      double loss = -step.logProbs(batch).to(ScalarType.Double).sum().item_double();
      p.copy_(before);
      return loss;
    }
  }
}
