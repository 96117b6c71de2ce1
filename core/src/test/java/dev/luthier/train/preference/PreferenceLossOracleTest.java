package dev.luthier.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.Assets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Losses and gradients against those that TRL computes. */
@Tag("interop")
class PreferenceLossOracleTest {
  private static final double EXACT = 1e-12;
  private static final Map<String, PairLoss> OURS =
      Map.of(
          "sigmoid", PairLoss.SIGMOID,
          "hinge", PairLoss.HINGE,
          "ipo", PairLoss.IPO,
          "robust", PairLoss.ROBUST,
          "exo_pair", PairLoss.EXO,
          "nca_pair", PairLoss.NCA,
          "apo_zero", PairLoss.APO_ZERO,
          "apo_down", PairLoss.APO_DOWN,
          "sppo_hard", PairLoss.SPPO_HARD);

  @Test
  void losses_and_gradients_are_trls() {
    JsonNode file = Assets.json("oracle-transformers/losses/dpo.json");
    JsonNode in = file.get("inputs");
    int compared = 0;
    for (JsonNode one : file.get("cases")) {
      PairLoss loss = OURS.get(one.get("loss_type").asText());
      if (loss == null || !one.get("f_divergence_type").asText().equals("reverse_kl")) {
        continue;
      }
      boolean free = one.get("reference_free").asBoolean();
      PairSettings settings =
          new PairSettings(one.get("beta").asDouble(), one.get("label_smoothing").asDouble());
      int pairs = in.get("chosen_logps").size();
      for (int i = 0; i < pairs; i++) {
        double c = at(in, "chosen_logps", i) - (free ? 0 : at(in, "ref_chosen_logps", i));
        double r = at(in, "rejected_logps", i) - (free ? 0 : at(in, "ref_rejected_logps", i));
        PairLoss.Graded ours = loss.of(c, r, settings);
        String what = one.get("loss_type").asText() + " " + settings + ", pair " + i;
        close(what, ours.loss(), at(one, "losses", i));
        close(what, ours.byChosen() / pairs, at(one, "grad_mean_chosen", i));
        close(what, ours.byRejected() / pairs, at(one, "grad_mean_rejected", i));
      }
      compared++;
    }
    assertThat(compared).isEqualTo(16);
  }

  /** SimPO and CPO are pair losses without a reference, SimPO's with a margin. */
  @Test
  void without_a_reference_they_are_cpos() {
    JsonNode file = Assets.json("oracle-transformers/losses/cpo_simpo.json");
    JsonNode in = file.get("inputs");
    for (JsonNode one : file.get("cases")) {
      boolean simpo = one.get("loss_type").asText().equals("simpo");
      PairLoss loss =
          simpo
              ? PairLoss.SIGMOID
              : Objects.requireNonNull(OURS.get(one.get("loss_type").asText()));
      double beta = one.get("beta").asDouble();
      double margin = simpo ? one.get("simpo_gamma").asDouble() / beta : 0;
      PairSettings settings = new PairSettings(beta, one.get("label_smoothing").asDouble());
      int pairs = in.get("policy_chosen_logps").size();
      for (int i = 0; i < pairs; i++) {
        double c = at(in, "policy_chosen_logps", i) - margin;
        PairLoss.Graded ours = loss.of(c, at(in, "policy_rejected_logps", i), settings);
        close(loss + ", pair " + i, ours.loss(), at(one, "losses", i));
        close(loss + ", pair " + i, ours.byRejected() / pairs, at(one, "grad_rejected", i));
        if (one.get("cpo_alpha").asDouble() == 0) { // else with that of the cross-entropy
          close(loss + ", pair " + i, ours.byChosen() / pairs, at(one, "grad_chosen", i));
        }
      }
    }
  }

  @Test
  void odds_ratios_are_orpos() {
    JsonNode file = Assets.json("oracle-transformers/losses/orpo.json");
    JsonNode in = file.get("inputs");
    for (JsonNode one : file.get("cases")) {
      OddsRatioLoss loss = new OddsRatioLoss(one.get("beta").asDouble());
      int pairs = in.get("policy_chosen_logps").size();
      for (int i = 0; i < pairs; i++) {
        PairLoss.Graded ours =
            loss.of(at(in, "policy_chosen_logps", i), at(in, "policy_rejected_logps", i));
        close("pair " + i, ours.loss(), -at(one, "losses", i));
        close("pair " + i, ours.byChosen() / pairs, at(one, "grad_chosen", i));
        close("pair " + i, ours.byRejected() / pairs, at(one, "grad_rejected", i));
      }
    }
  }

  @Test
  void unpaired_answers_are_ktos() {
    JsonNode file = Assets.json("oracle-transformers/losses/kto.json");
    JsonNode in = file.get("inputs");
    int compared = 0;
    for (JsonNode one : file.get("cases")) {
      if (!one.get("loss_type").asText().equals("kto")) {
        continue;
      }
      UnpairedLoss loss =
          new UnpairedLoss(
              one.get("beta").asDouble(),
              one.get("desirable_weight").asDouble(),
              one.get("undesirable_weight").asDouble());
      JsonNode policy = one.path("override_policy_KL_logps");
      double[] other = new double[in.get("policy_KL_logps").size()];
      for (int i = 0; i < other.length; i++) {
        double p = policy.isMissingNode() ? at(in, "policy_KL_logps", i) : policy.get(i).asDouble();
        other[i] = p - at(in, "reference_KL_logps", i);
      }
      double divergence = UnpairedLoss.divergence(other);
      close("divergence", divergence, one.get("kl").asDouble());
      int wanted = in.get("policy_chosen_logps").size();
      int all = wanted + in.get("policy_rejected_logps").size();
      for (int i = 0; i < all; i++) {
        String which = i < wanted ? "chosen" : "rejected";
        int at = i < wanted ? i : i - wanted;
        double u = at(in, "policy_" + which + "_logps", at);
        u -= at(in, "reference_" + which + "_logps", at);
        UnpairedLoss.Graded ours = loss.of(u, divergence, i < wanted);
        close("answer " + i, ours.loss(), at(one, "losses", i));
        if (one.has("grad_mean_" + which)) {
          close("answer " + i, ours.slope() / all, at(one, "grad_mean_" + which, at));
        }
      }
      compared++;
    }
    assertThat(compared).isEqualTo(4);
  }

  @Test
  void a_reward_models_loss_is_trls() {
    JsonNode file = Assets.json("oracle-transformers/losses/reward_model.json");
    for (JsonNode one : file.get("cases")) {
      RewardLoss loss = new RewardLoss(one.get("center_rewards_coefficient").asDouble(0));
      int pairs = file.get("rewards_chosen").size();
      double mean = 0;
      for (int i = 0; i < pairs; i++) {
        double margin = one.get("margin").asBoolean() ? in(file, "margin", i) : 0;
        PairLoss.Graded ours =
            loss.of(in(file, "rewards_chosen", i), in(file, "rewards_rejected", i), margin);
        mean += ours.loss() / pairs;
        close("pair " + i, ours.byChosen() / pairs, in(one, "grad_chosen", i));
        close("pair " + i, ours.byRejected() / pairs, in(one, "grad_rejected", i));
      }
      close("mean", mean, one.get("loss").asDouble());
    }
  }

  /** Of a column. */
  private static double in(JsonNode node, String key, int i) {
    return node.get(key).get(i).get(0).asDouble();
  }

  private static double at(JsonNode node, String key, int i) {
    return node.get(key).get(i).asDouble();
  }

  private static void close(String what, double ours, double theirs) {
    assertThat(ours).as(what).isCloseTo(theirs, within(EXACT * Math.max(1, Math.abs(theirs))));
  }
}
