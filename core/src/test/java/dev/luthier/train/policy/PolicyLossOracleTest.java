package dev.luthier.train.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import dev.luthier.train.policy.PolicySettings.Level;
import dev.luthier.train.policy.PolicySettings.Mean;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Losses, gradients and advantages against those that TRL computes. */
@Tag("interop")
class PolicyLossOracleTest {
  private static final double EXACT = 1e-12;

  private static double[] row(JsonNode rows, int i, int length) {
    double[] out = new double[length];
    for (int t = 0; t < length; t++) {
      out[t] = rows.get(i).get(t).asDouble();
    }
    return out;
  }

  @Test
  void losses_and_gradients_are_grpos() {
    JsonNode file = Assets.json("oracle-transformers/losses/grpo.json");
    JsonNode in = file.get("inputs");
    for (JsonNode one : file.get("cases")) {
      List<PolicySum.Answer> answers = new ArrayList<>();
      for (int i = 0; i < in.get("advantages").size(); i++) {
        double advantage = in.get("advantages").get(i).asDouble();
        int length = 0;
        for (JsonNode mask : in.get("completion_mask").get(i)) {
          length += mask.asInt();
        }
        double[] now = row(in.get("per_token_logps"), i, length);
        boolean given = one.get("old_logps_given").asBoolean();
        answers.add(
            new PolicySum.Answer(
                new PolicyLoss.Tokens(
                    now,
                    given ? row(in.get("old_per_token_logps"), i, length) : now,
                    DoubleStream.generate(() -> advantage).limit(length).toArray()),
                row(in.get("ref_per_token_logps"), i, length)));
      }
      Mean mean =
          switch (one.get("loss_type").asText()) {
            case "grpo" -> Mean.ANSWERS;
            case "bnpo" -> Mean.TOKENS;
            default -> Mean.LONGEST;
          };
      PolicySettings settings =
          new PolicySettings(
              one.get("epsilon_low").asDouble(),
              one.get("epsilon_high").asDouble(),
              one.get("delta").asDouble(Double.POSITIVE_INFINITY),
              one.get("beta").asDouble(),
              one.get("importance_sampling_level").asText().equals("token")
                  ? Level.TOKEN
                  : Level.SEQUENCE,
              mean,
              one.get("max_completion_length").asInt());
      PolicySum.Graded ours = PolicySum.of(answers, new ClippedLoss(), settings);
      assertThat(ours.loss()).isCloseTo(one.get("loss").asDouble(), within(EXACT));
      for (int i = 0; i < answers.size(); i++) {
        double[] own = ours.gradient()[i];
        assertThat(own)
            .as(settings + ", answer " + i)
            .containsExactly(row(one.get("grad_logps"), i, own.length), within(EXACT));
      }
      JsonNode metrics = one.get("metrics");
      assertThat((double) ours.clippedLow() / ours.ratios())
          .isCloseTo(metrics.get("clip_ratio/low_mean").get(0).asDouble(), within(1e-6));
      assertThat((double) ours.clippedHigh() / ours.ratios())
          .isCloseTo(metrics.get("clip_ratio/high_mean").get(0).asDouble(), within(1e-6));
      if (metrics.has("kl")) {
        assertThat(ours.divergence()).isCloseTo(metrics.get("kl").get(0).asDouble(), within(1e-6));
      }
    }
  }

  @Test
  void advantages_of_groups_are_grpos() {
    JsonNode file = Assets.json("oracle-transformers/losses/grpo_advantages.json");
    double[] rewards = numbers(file.get("rewards"));
    for (JsonNode one : file.get("cases")) {
      Advantages.Scale scale =
          one.get("scale_rewards").asBoolean() ? Advantages.Scale.GROUP : Advantages.Scale.NONE;
      assertThat(Advantages.ofGroups(rewards, file.get("num_generations").asInt(), scale))
          .containsExactly(numbers(one.get("advantages")), within(EXACT));
    }
  }

  /** There group after group are columns. */
  @Test
  void leaving_one_out_is_rloos() {
    JsonNode one =
        Assets.json("oracle-transformers/losses/rloo_advantages.json").get("cases").get(0);
    JsonNode rewards = one.get("rlhf_reward");
    int group = rewards.size();
    int prompts = rewards.get(0).size();
    double[] ours = new double[group * prompts];
    double[] theirs = new double[group * prompts];
    for (int p = 0; p < prompts; p++) {
      for (int k = 0; k < group; k++) {
        ours[p * group + k] = rewards.get(k).get(p).asDouble();
        theirs[p * group + k] = one.get("advantages").get(k * prompts + p).asDouble();
      }
    }
    assertThat(Advantages.leaveOneOut(ours, group)).containsExactly(theirs, within(EXACT));
  }

  private static double[] numbers(JsonNode list) {
    double[] out = new double[list.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = list.get(i).asDouble();
    }
    return out;
  }
}
