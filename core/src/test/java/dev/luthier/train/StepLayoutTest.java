package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.Batch;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However a step is laid out, its gradients are the same bit for bit. */
class StepLayoutTest {
  @TempDir private Path temp = Path.of("");

  private static final List<Batch> BATCHES =
      List.of(batch(2, 9, 1), batch(3, 11, 2), batch(1, 5, 3));

  private static Batch batch(int rows, int length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[][] tokens = new long[rows][length];
    for (long[] row : tokens) {
      for (int t = 0; t < length; t++) {
        row[t] = random.nextInt(40);
      }
    }
    return Batch.of(tokens, tokens);
  }

  private static Transformer model(boolean lora) {
    return lora ? TinyLlama.lora(1, TinyModels.lora(0.1)) : TinyLlama.full(1);
  }

  private static double run(
      Transformer model, StepLayout layout, int passes, StepListener listener) {
    return new BlockwiseStep(model, WeightSource.of(model), layout)
        .forwardBackward(BATCHES, Objective.crossEntropy(), 0.02, i -> 7 + i, passes, listener)
        .orElseThrow();
  }

  @ParameterizedTest(name = "lora {0}, kept {1}, by block {2}, spilled {3}")
  @CsvSource({
    "false, 0, true, false",
    "false, 1, false, false",
    "false, 1, true, true",
    "false, 2, true, false",
    "true, 0, false, true",
    "true, 0, true, true",
    "true, 1, true, false",
    "true, 2, false, false"
  })
  void every_layout_gives_the_same_gradients(
      boolean lora, int kept, boolean byBlock, boolean spilled) {
    Transformer model = model(lora);
    StepLayout plain = StepLayout.recomputing(40);
    double expectedLoss = run(model, plain, 1, StepListener.NONE);
    Map<String, float[]> expected = TinyLlama.takeGradients(model);
    StepLayout layout = plain.keeping(kept).byBlock(byBlock);
    if (spilled) {
      layout = layout.spilling(temp.resolve("inputs"));
    }
    assertThat(run(model, layout, 1, StepListener.NONE)).isEqualTo(expectedLoss);
    Map<String, float[]> actual = TinyLlama.takeGradients(model);
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach((name, g) -> assertThat(g).as(name).isEqualTo(expected.get(name)));
    assertThat(temp).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({"0, false", "1, false", "2, true", "0, true"})
  void a_second_way_back_gives_the_same_gradients(int kept, boolean spilled) {
    Transformer model = TinyLlama.full(1);
    StepLayout layout = StepLayout.recomputing(40).byBlock(true).keeping(kept);
    if (spilled) {
      layout = layout.spilling(temp.resolve("inputs"));
    }
    List<Map<String, float[]>> passes = new ArrayList<>();
    StepListener listener =
        new StepListener() {
          @Override
          public void complete(int stage, boolean last) {
            if (stage == Transformer.EMBEDDING) {
              passes.add(TinyLlama.takeGradients(model));
              assertThat(last).isEqualTo(passes.size() == 2);
            }
          }
        };
    run(model, layout, 2, listener);
    assertThat(passes).hasSize(2);
    passes.get(0).forEach((name, g) -> assertThat(passes.get(1).get(name)).isEqualTo(g));
  }

  @Test
  void stages_complete_from_the_head_down_with_their_gradients() {
    Transformer model = TinyLlama.full(1);
    List<Integer> stages = new ArrayList<>();
    Map<String, float[]> early = new LinkedHashMap<>();
    Stages of = Stages.of(model);
    StepListener listener =
        new StepListener() {
          @Override
          public void complete(int stage, boolean last) {
            stages.add(stage);
            new Gradients(Trainables.of(model))
                .of(of.names().getOrDefault(stage, List.of()))
                .forEach((name, g) -> early.put(name, Tensors.toFloats(g)));
          }
        };
    run(model, StepLayout.recomputing(40), 1, listener);
    assertThat(stages).containsExactly(2, 1, 0, Transformer.EMBEDDING);
    Map<String, float[]> end = TinyLlama.takeGradients(model);
    assertThat(early.keySet()).isEqualTo(end.keySet());
    end.forEach((name, g) -> assertThat(early.get(name)).as(name).isEqualTo(g));
  }

  @Test
  void a_step_can_be_given_up_anywhere_and_leaves_nothing() {
    Transformer model = TinyLlama.full(1);
    Gradients gradients = new Gradients(Trainables.of(model));
    StepLayout layout =
        StepLayout.recomputing(40).keeping(1).byBlock(true).spilling(temp.resolve("i"));
    run(model, layout, 1, StepListener.NONE);
    gradients.clear();
    long before = Pointer.totalCount();
    for (int stop = 0; stop < 4; stop++) {
      int[] left = {stop};
      StepListener listener =
          new StepListener() {
            @Override
            public boolean interrupted() {
              return left[0]-- == 0;
            }
          };
      Optional<Double> loss =
          new BlockwiseStep(model, WeightSource.of(model), layout)
              .forwardBackward(BATCHES, Objective.crossEntropy(), 1, i -> 7, 1, listener);
      assertThat(loss).isEmpty();
      gradients.clear();
      assertThat(Pointer.totalCount()).as("stopped at " + stop).isLessThanOrEqualTo(before);
    }
    assertThat(temp).isEmptyDirectory();
  }
}
