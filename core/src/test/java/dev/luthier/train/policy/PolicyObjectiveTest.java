package dev.luthier.train.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.luthier.data.Batch;
import dev.luthier.data.Part;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.policy.PolicyLoss.Answer;
import dev.luthier.train.policy.PolicyLoss.Totals;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyObjectiveTest {
  private static final float[] NOW = {-1.2f, -0.3f, -2f, -0.7f, -0.1f};
  private static final float[] VALUES = {
    -1f, -1.1f, -0.4f, -0.2f, -2f, -1.8f, -0.9f, -1f, -0.1f, -0.3f
  };

  private static LabelTokens tokens(int[] ends, double[] advantages, float... weights) {
    AnswerTokens[] answers = new AnswerTokens[ends.length];
    for (int i = 0; i < ends.length; i++) {
      answers[i] =
          new AnswerTokens(
              i == 0 ? 0 : ends[i - 1], ends[i], new Batch.Answer(Part.SAMPLED, advantages[i]));
    }
    int n = ends[ends.length - 1];
    float[] values = Arrays.copyOf(VALUES, 2 * n);
    return new LabelTokens(new long[n], new long[n], weights, values, List.of(answers));
  }

  private static PolicySettings settings(Mean mean) {
    return new PolicySettings(0.2, 0.3, 10, 0.1, Level.TOKEN, mean, 6);
  }

  /** Answers of several micro-batches have the loss and the gradient that they have together. */
  @ParameterizedTest
  @EnumSource
  void micro_batches_sum_up_to_the_whole(Mean mean) {
    List<Answer> all =
        List.of(
            new Answer(new double[] {NOW[0], NOW[1]}, of(0, 0, 2), of(1, 0, 2), 1.5),
            new Answer(new double[] {NOW[2]}, of(0, 2, 3), of(1, 2, 3), -0.5),
            new Answer(new double[] {NOW[3], NOW[4]}, of(0, 3, 5), of(1, 3, 5), 2));
    PolicyLoss.Graded whole = PolicyLoss.of(all, settings(mean));
    PolicyObjective objective =
        new PolicyObjective(settings(mean), new Totals(3, 5), true, Map.of("reward", 0.5));
    LabelTokens both = tokens(new int[] {2, 3, 5}, new double[] {1.5, -0.5, 2}, 1, 1, 1, 1, 1);
    try (PointerScope scope = new PointerScope()) {
      Objective.Loss ours = objective.loss(Tensors.floats(NOW, Device.CPU, 5), both);
      assertThat(ours.sum() / 3).isCloseTo(whole.loss(), within(1e-12));
      float[] gradient = Tensors.toFloats(ours.gradient());
      int at = 0;
      for (double[] one : whole.gradient()) {
        for (double g : one) {
          assertThat(gradient[at++] / 3.0).isCloseTo(g, within(1e-7));
        }
      }
      PolicyObjective part = new PolicyObjective(settings(mean), new Totals(3, 5), true, Map.of());
      LabelTokens first = tokens(new int[] {2, 3}, new double[] {1.5, -0.5}, 1, 1, 1);
      float[] some =
          Tensors.toFloats(
              part.loss(Tensors.floats(NOW, Device.CPU, 5).narrow(0, 0, 3), first).gradient());
      assertThat(some).containsExactly(Arrays.copyOf(gradient, 3), within(1e-7f));
    }
    assertThat(objective.figures()).containsEntry("reward", 0.5).containsKey("kl");
    assertThat(objective.figures().get("kl")).isCloseTo(whole.divergence(), within(1e-12));
  }

  private static double[] of(int which, int from, int to) {
    double[] out = new double[to - from];
    Arrays.setAll(out, i -> VALUES[2 * (from + i) + which]);
    return out;
  }

  @ParameterizedTest
  @EnumSource
  void an_answer_that_counts_for_nothing_has_no_gradient(Mean mean) {
    LabelTokens labels = tokens(new int[] {2, 3}, new double[] {1.5, -0.5}, 0, 0, 1);
    PolicyObjective objective =
        new PolicyObjective(settings(mean), new Totals(2, 1), true, Map.of());
    try (PointerScope scope = new PointerScope()) {
      Objective.Loss ours =
          objective.loss(Tensors.floats(NOW, Device.CPU, 5).narrow(0, 0, 3), labels);
      float[] gradient = Tensors.toFloats(ours.gradient());
      assertThat(gradient[0]).isZero();
      assertThat(gradient[1]).isZero();
      assertThat(gradient[2]).isNotZero();
    }
  }
}
