package dev.luthier.train.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.train.policy.Credit.Generalized;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rewards, advantages, returns and losses of PPO against what two versions of TRL compute. */
@Tag("interop")
class PpoOracleTest {
  private static final double EXACT = 1e-12;
  private static final int ANSWERS = 4;

  /** Tokens [from, to) of each answer. */
  private record Span(int[] from, int[] to) {
    List<double[]> of(JsonNode rows) {
      List<double[]> out = new ArrayList<>();
      for (int i = 0; i < ANSWERS; i++) {
        double[] own = new double[to[i] - from[i]];
        for (int t = 0; t < own.length; t++) {
          own[t] = rows.get(i).get(from[i] + t).asDouble();
        }
        out.add(own);
      }
      return out;
    }
  }

  private static Generalized how(JsonNode one, boolean whitenRewards, boolean whitenAdvantages) {
    return new Generalized(
        one.get("gamma").asDouble(),
        one.get("lam").asDouble(),
        whitenRewards,
        whitenAdvantages,
        one.get("cliprange_value").asDouble(),
        one.get("vf_coef").asDouble());
  }

  private static double[] scores(JsonNode in) {
    double[] out = new double[ANSWERS];
    Arrays.setAll(out, i -> in.get("scores").get(i).asDouble());
    return out;
  }

  private static void equal(List<double[]> ours, List<double[]> theirs) {
    for (int i = 0; i < ANSWERS; i++) {
      assertThat(ours.get(i)).as("answer " + i).containsExactly(theirs.get(i), within(EXACT));
    }
  }

  private static List<double[]> divergences(JsonNode in, Span span, String penalty, double weight) {
    List<double[]> out = span.of(in.get("old_logprobs"));
    List<double[]> reference = span.of(in.get("ref_logprobs"));
    for (int i = 0; i < ANSWERS; i++) {
      for (int t = 0; t < out.get(i).length; t++) {
        double apart = out.get(i)[t] - reference.get(i)[t];
        out.get(i)[t] =
            weight
                * switch (penalty) {
                  case "abs" -> Math.abs(apart);
                  case "mse" -> apart * apart / 2;
                  default -> apart;
                };
      }
    }
    return out;
  }

  /** The policy's loss and gradient, and those of the values. */
  private static void losses(
      JsonNode in, JsonNode one, Span span, List<double[]> advantages, double expected) {
    List<double[]> now = span.of(in.get("logprobs"));
    List<double[]> old = span.of(in.get("old_logprobs"));
    List<PolicySum.Answer> answers = new ArrayList<>();
    for (int i = 0; i < ANSWERS; i++) {
      answers.add(
          new PolicySum.Answer(
              new PolicyLoss.Tokens(now.get(i), old.get(i), advantages.get(i)), null));
    }
    double clip = one.get("cliprange").asDouble();
    PolicySettings settings =
        new PolicySettings(clip, clip, Double.POSITIVE_INFINITY, 0, Level.TOKEN, Mean.TOKENS, 6);
    PolicySum.Graded graded = PolicySum.of(answers, new ClippedLoss(), settings);
    assertThat(graded.loss()).isCloseTo(expected, within(EXACT));
    equal(List.of(graded.gradient()), span.of(one.get("grad_logprobs")));
  }

  private static double values(JsonNode in, JsonNode one, Span span, List<double[]> returns) {
    List<double[]> now = span.of(in.get("vpreds"));
    List<double[]> old = span.of(in.get("values"));
    long tokens = now.stream().mapToLong(v -> v.length).sum();
    List<double[]> gradients = new ArrayList<>();
    double sum = 0;
    for (int i = 0; i < ANSWERS; i++) {
      ValueLoss.Graded graded =
          ValueLoss.of(
              now.get(i), old.get(i), returns.get(i), one.get("cliprange_value").asDouble());
      sum += graded.sum();
      double share = one.get("vf_coef").asDouble() / tokens;
      gradients.add(Arrays.stream(graded.gradient()).map(g -> g * share).toArray());
    }
    equal(gradients, span.of(one.get("grad_vpreds")));
    return sum / tokens;
  }

  /** The score is the last token's. */
  @Test
  void trl_0_8_gives_the_same() {
    JsonNode file = Assets.json("oracle-transformers/losses/ppo_trl08.json");
    JsonNode in = file.get("inputs");
    Span span = new Span(new int[] {0, 0, 0, 1}, new int[] {6, 4, 5, 6});
    for (JsonNode one : file.get("cases")) {
      List<double[]> penalties =
          divergences(in, span, one.get("kl_penalty").asText(), one.get("kl_coef").asDouble());
      List<double[]> values = span.of(in.get("values"));
      boolean whiten = one.get("whiten_rewards").asBoolean();
      Credit.Worth worth = how(one, whiten, true).worth(scores(in), penalties, values, 1);
      List<double[]> returns = span.of(one.get("returns"));
      List<double[]> advantages = span.of(one.get("advantages"));
      if (whiten) {
        // There the mean of all rewards is given to the padding as well, and from there on to the
        // tokens before it; answers without padding behind them have none of it.
        for (int i : new int[] {0, 3}) {
          assertThat(worth.returns().get(i)).containsExactly(returns.get(i), within(EXACT));
        }
      } else {
        equal(worth.returns(), returns);
        equal(worth.advantages(), advantages);
      }
      losses(in, one, span, advantages, one.get("policy_loss").asDouble());
      assertThat(values(in, one, span, returns) * one.get("vf_coef").asDouble())
          .isCloseTo(one.get("value_loss_times_vf_coef").asDouble(), within(EXACT));
    }
  }

  /** The score is that of a place behind the last token, which has a value and no policy. */
  @Test
  void trl_0_14_gives_the_same() {
    JsonNode file = Assets.json("oracle-transformers/losses/ppo_trl014.json");
    JsonNode in = file.get("inputs");
    int[] from = new int[ANSWERS];
    Span tokens = new Span(from, new int[] {6, 4, 5, 2});
    Span longer = new Span(from, new int[] {6, 5, 6, 3});
    for (JsonNode one : file.get("cases")) {
      List<double[]> penalties = new ArrayList<>();
      for (double[] own : divergences(in, tokens, "kl", one.get("kl_coef").asDouble())) {
        int i = penalties.size();
        penalties.add(Arrays.copyOf(own, longer.to()[i]));
      }
      Credit.Worth worth =
          how(one, one.get("whiten_rewards").asBoolean(), false)
              .worth(scores(in), penalties, longer.of(in.get("values")), 1);
      equal(worth.returns(), longer.of(one.get("returns")));
      List<double[]> advantages = new ArrayList<>();
      for (double[] own : worth.advantages()) {
        advantages.add(Arrays.copyOf(own, tokens.to()[advantages.size()]));
      }
      Advantages.whiten(advantages, true);
      equal(advantages, tokens.of(one.get("advantages")));
      losses(in, one, tokens, advantages, one.get("pg_loss").asDouble());
      double valueLoss = values(in, one, longer, worth.returns());
      assertThat(valueLoss).isCloseTo(one.get("vf_loss").asDouble(), within(EXACT));
      assertThat(one.get("pg_loss").asDouble() + one.get("vf_coef").asDouble() * valueLoss)
          .isCloseTo(one.get("loss").asDouble(), within(EXACT));
    }
  }
}
