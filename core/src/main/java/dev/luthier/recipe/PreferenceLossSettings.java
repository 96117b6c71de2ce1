package dev.luthier.recipe;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a run that learns from preferences minimises.
 *
 * @param types losses by their weights; empty for the method's own
 * @param beta how dear it is to leave the reference; of the others, the scale of rewards
 * @param smoothing the share of labels that are taken to be wrong
 * @param lengthNormalised whether log-probabilities are divided by their tokens
 * @param gamma SimPO's target
 * @param desirableWeight KTO's, of wanted answers
 * @param undesirableWeight KTO's, of the others
 */
public record PreferenceLossSettings(
    @Setting(
            help =
                "losses by weight, such as {sigmoid: 1, sft: 0.2} (--loss). dpo: sigmoid | hinge |"
                    + " ipo | robust | exo | nca | apo_zero | apo_down | sppo_hard | sft; simpo, cpo:"
                    + " sigmoid | hinge | ipo | sft; orpo: odds_ratio | sft; kto: kto; of all with"
                    + " pairs: a .java file or a .jar with a PairTerm, FILE or FILE#CLASS. Empty"
                    + " means the verb's own",
            value = "")
        Map<String, Double> types,
    @Setting(help = "how dear it is to leave the reference; default 0.1, simpo 2.0")
        Optional<Double> beta,
    @Setting(
            help = "share of preferences taken to be wrong: sigmoid (cDPO), robust, exo",
            value = "0.0")
        double smoothing,
    @Setting(help = "divide log-probabilities by their tokens; ipo always does", value = "false")
        boolean lengthNormalised,
    @Setting(help = "simpo: by how much rewards of chosen answers should be ahead", value = "1.0")
        double gamma,
    @Setting(help = "kto: weight of wanted answers", value = "1.0") double desirableWeight,
    @Setting(help = "kto: weight of unwanted answers", value = "1.0") double undesirableWeight) {

  /** Checks everything at once. */
  public PreferenceLossSettings {
    types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
    Complaints complaints = new Complaints();
    types.forEach(
        (name, weight) ->
            complaints.unless(weight > 0, "loss.types." + name, weight, "must be above 0"));
    complaints
        .unless(
            beta.orElse(1.0) > 0 && Double.isFinite(beta.orElse(1.0)),
            "loss.beta",
            beta.orElse(1.0),
            "must be above 0")
        .unless(
            smoothing >= 0 && smoothing < 0.5,
            "loss.smoothing",
            smoothing,
            "must be at least 0 and below 0.5")
        .unless(gamma >= 0, "loss.gamma", gamma, "must be 0 or more")
        .unless(desirableWeight > 0, "loss.desirableWeight", desirableWeight, "must be above 0")
        .unless(
            undesirableWeight > 0, "loss.undesirableWeight", undesirableWeight, "must be above 0")
        .throwIfAny();
  }
}
