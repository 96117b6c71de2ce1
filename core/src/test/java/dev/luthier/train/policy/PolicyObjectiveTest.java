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
import dev.luthier.train.policy.Credit.Generalized;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import dev.luthier.train.policy.PolicySum.Answer;
import dev.luthier.train.policy.PolicySum.Totals;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyObjectiveTest {
  private static final float[] NOW = {-1.2f, -0.3f, -2f, -0.7f, -0.1f};
  private static final double[] OLD = {-1, -0.4, -2, -0.9, -0.1};
  private static final double[] REFERENCE = {-1.1, -0.2, -1.8, -1, -0.3};
  private static final double[] ADVANTAGES = {1.5, 1.5, -0.5, 2, 2};
  private static final float[] EXPECTED = {0.3f, -0.2f, 0.9f, 0.1f, -1};
  private static final double[] EXPECTED_BEFORE = {0.2, -0.5, 0.8, 0.4, -1};
  private static final double[] RETURNS = {0.5, -0.7, 0.1, 1, 0.2};
  private static final int[] ENDS = {2, 3, 5};
  private static final Generalized VALUES = new Generalized(1, 0.95, false, true, 0.2, 0.1);

  /** The first answers. */
  private static LabelTokens tokens(int answers, float... weights) {
    AnswerTokens[] all = new AnswerTokens[answers];
    for (int i = 0; i < answers; i++) {
      all[i] =
          new AnswerTokens(i == 0 ? 0 : ENDS[i - 1], ENDS[i], new Batch.Answer(Part.SAMPLED, 0));
    }
    int n = ENDS[answers - 1];
    Rollout known = new Rollout(new int[0], new int[n], true);
    known.set(TokenFigure.OLD, Arrays.copyOf(OLD, n));
    known.set(TokenFigure.REFERENCE, Arrays.copyOf(REFERENCE, n));
    known.set(TokenFigure.ADVANTAGE, Arrays.copyOf(ADVANTAGES, n));
    known.set(TokenFigure.VALUE, Arrays.copyOf(EXPECTED_BEFORE, n));
    known.set(TokenFigure.RETURN, Arrays.copyOf(RETURNS, n));
    return new LabelTokens(new long[n], new long[n], weights, known.known(), List.of(all));
  }

  private static PolicySettings settings(Mean mean) {
    return new PolicySettings(0.2, 0.3, 10, 0.1, Level.TOKEN, mean, 6);
  }

  private static PolicyObjective objective(
      Mean mean, Totals totals, Optional<Generalized> values, Map<String, Double> rolled) {
    return new PolicyObjective(new ClippedLoss(), settings(mean), totals, true, values, rolled);
  }

  /** As the token figures hold them. */
  private static double[] floats(double[] of, int from, int to) {
    return Arrays.stream(of, from, to).map(x -> (float) x).toArray();
  }

  private static Answer answer(int i) {
    int from = i == 0 ? 0 : ENDS[i - 1];
    double[] now = new double[ENDS[i] - from];
    Arrays.setAll(now, t -> NOW[from + t]);
    return new Answer(
        new PolicyLoss.Tokens(now, floats(OLD, from, ENDS[i]), floats(ADVANTAGES, from, ENDS[i])),
        floats(REFERENCE, from, ENDS[i]));
  }

  /** Answers of several micro-batches have the loss and the gradient that they have together. */
  @ParameterizedTest
  @EnumSource
  void micro_batches_sum_up_to_the_whole(Mean mean) {
    PolicySum.Graded whole =
        PolicySum.of(List.of(answer(0), answer(1), answer(2)), new ClippedLoss(), settings(mean));
    Totals totals = new Totals(3, 5);
    PolicyObjective objective = objective(mean, totals, Optional.empty(), Map.of("reward", 0.5));
    try (PointerScope scope = new PointerScope()) {
      Objective.Loss ours =
          objective.loss(Tensors.floats(NOW, Device.CPU, 5), tokens(3, 1, 1, 1, 1, 1));
      assertThat(ours.sum() / 3).isCloseTo(whole.loss(), within(1e-12));
      float[] gradient = Tensors.toFloats(ours.gradient());
      int at = 0;
      for (double[] one : whole.gradient()) {
        for (double g : one) {
          assertThat(gradient[at++] / 3.0).isCloseTo(g, within(1e-7));
        }
      }
      float[] some =
          Tensors.toFloats(
              objective(mean, totals, Optional.empty(), Map.of())
                  .loss(Tensors.floats(NOW, Device.CPU, 5).narrow(0, 0, 3), tokens(2, 1, 1, 1))
                  .gradient());
      assertThat(some).containsExactly(Arrays.copyOf(gradient, 3), within(1e-7f));
    }
    assertThat(objective.figures()).containsEntry("reward", 0.5).containsKey("kl");
    assertThat(objective.figures().get("kl")).isCloseTo(whole.divergence(), within(1e-12));
  }

  @Test
  void values_are_learnt_beside_the_policy() {
    ValueLoss.Graded values =
        ValueLoss.of(doubles(EXPECTED), floats(EXPECTED_BEFORE, 0, 5), floats(RETURNS, 0, 5), 0.2);
    PolicySum.Graded policy =
        PolicySum.of(
            List.of(answer(0), answer(1), answer(2)), new ClippedLoss(), settings(Mean.TOKENS));
    Totals totals = new Totals(3, 5);
    PolicyObjective objective = objective(Mean.TOKENS, totals, Optional.of(VALUES), Map.of());
    float[] given = Arrays.copyOf(NOW, 10);
    System.arraycopy(EXPECTED, 0, given, 5, 5);
    try (PointerScope scope = new PointerScope()) {
      Objective.Loss ours =
          objective.loss(Tensors.floats(given, Device.CPU, 2, 5), tokens(3, 1, 1, 1, 1, 1));
      assertThat(ours.sum() / 3).isCloseTo(policy.loss() + 0.1 * values.sum() / 5, within(1e-12));
      float[] gradient = Tensors.toFloats(ours.gradient());
      assertThat(gradient).hasSize(10);
      for (int t = 0; t < 5; t++) {
        assertThat(gradient[5 + t] / 3.0).isCloseTo(0.1 * values.gradient()[t] / 5, within(1e-7));
      }
    }
    assertThat(objective.figures().get("value_loss")).isCloseTo(values.sum() / 5, within(1e-12));
    assertThat(objective.figures().get("policy_loss")).isCloseTo(policy.loss(), within(1e-12));
  }

  private static double[] doubles(float[] of) {
    double[] out = new double[of.length];
    Arrays.setAll(out, t -> of[t]);
    return out;
  }

  @ParameterizedTest
  @EnumSource
  void an_answer_that_counts_for_nothing_has_no_gradient(Mean mean) {
    float[] given = {NOW[0], NOW[1], NOW[2], 1, 1, 1};
    try (PointerScope scope = new PointerScope()) {
      Objective.Loss ours =
          objective(mean, new Totals(2, 1), Optional.of(VALUES), Map.of())
              .loss(Tensors.floats(given, Device.CPU, 2, 3), tokens(2, 0, 0, 1));
      float[] gradient = Tensors.toFloats(ours.gradient());
      assertThat(gradient[0]).isZero();
      assertThat(gradient[1]).isZero();
      assertThat(gradient[2]).isNotZero();
      assertThat(gradient[3]).isZero();
      assertThat(gradient[4]).isZero();
      assertThat(gradient[5]).isNotZero();
    }
  }
}
