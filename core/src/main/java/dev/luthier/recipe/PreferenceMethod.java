package dev.luthier.recipe;

import dev.luthier.UsageException;
import dev.luthier.train.preference.OddsRatioLoss;
import dev.luthier.train.preference.PairLoss;
import dev.luthier.train.preference.PairObjective.Mix;
import dev.luthier.train.preference.PairObjective.Weighted;
import dev.luthier.train.preference.PairSettings;
import dev.luthier.train.preference.PairTerm;
import dev.luthier.train.preference.UnpairedLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Ways to learn from preferences that are in a file; the names are those of the verbs. */
public enum PreferenceMethod {
  /** Direct preference optimization and its kin: pairs, held against a reference. */
  DPO(0.1, Map.of("sigmoid", 1.0)),
  /** Answers that are wanted or not, held against a reference. */
  KTO(0.1, Map.of("kto", 1.0)),
  /** Pairs by their odds, and the cross-entropy of the chosen answers with their prompts. */
  ORPO(0.1, Map.of("odds_ratio", 1.0, "sft", 1.0)),
  /** Pairs by their means, with a target. */
  SIMPO(2.0, Map.of("sigmoid", 1.0)),
  /** Pairs by their sums, and the cross-entropy of the chosen answers. */
  CPO(0.1, Map.of("sigmoid", 1.0, "sft", 1.0));

  private static final String SFT = "sft";
  private static final Map<String, PairLoss> LOSSES =
      Map.of(
          "sigmoid", PairLoss.SIGMOID,
          "hinge", PairLoss.HINGE,
          "ipo", PairLoss.IPO,
          "robust", PairLoss.ROBUST,
          "exo", PairLoss.EXO,
          "nca", PairLoss.NCA,
          "apo_zero", PairLoss.APO_ZERO,
          "apo_down", PairLoss.APO_DOWN,
          "sppo_hard", PairLoss.SPPO_HARD);

  private final double beta;
  private final Map<String, Double> losses;

  PreferenceMethod(double beta, Map<String, Double> losses) {
    this.beta = beta;
    this.losses = losses;
  }

  /** Whether answers come in pairs. */
  public boolean hasPairs() {
    return this != KTO;
  }

  /** Whether answers are held against a reference, unless the settings say otherwise. */
  boolean hasReference() {
    return this == DPO || this == KTO;
  }

  /** Whether prompts of chosen answers are learnt as well. */
  boolean learnsPrompts() {
    return this == ORPO;
  }

  private Set<String> names() {
    return switch (this) {
      case DPO -> with(LOSSES.keySet(), SFT);
      case SIMPO, CPO -> Set.of("sigmoid", "hinge", "ipo", SFT);
      case ORPO -> losses.keySet();
      case KTO -> losses.keySet();
    };
  }

  private static Set<String> with(Set<String> names, String one) {
    Set<String> all = new TreeSet<>(names);
    all.add(one);
    return all;
  }

  /** The losses by their weights: those that the settings name, or the method's own. */
  Map<String, Double> losses(PreferenceLossSettings settings) {
    Map<String, Double> asked = settings.types().isEmpty() ? losses : settings.types();
    for (String name : asked.keySet()) {
      if (!names().contains(name) && !(hasPairs() && UserCode.isNamedBy(name))) {
        throw new UsageException(
            this
                + " has no loss '"
                + name
                + "'; it has "
                + String.join(", ", new TreeSet<>(names()))
                + (hasPairs() ? ", or a .java or .jar file with a PairTerm" : ""));
      }
    }
    return asked;
  }

  /** The losses that users wrote. */
  List<UserCode> own(PreferenceLossSettings settings) {
    return losses(settings).keySet().stream()
        .filter(UserCode::isNamedBy)
        .map(name -> UserCode.of(name).require("--loss"))
        .toList();
  }

  double beta(PreferenceLossSettings settings) {
    return settings.beta().orElse(beta);
  }

  /**
   * What is minimised over pairs.
   *
   * @param reference whether there is one
   * @param warn hears what is odd about losses that users wrote
   * @throws UsageException if the settings name a loss that this method does not have
   */
  Mix mix(PreferenceLossSettings settings, boolean reference, Consumer<String> warn) {
    PairSettings pair = new PairSettings(beta(settings), settings.smoothing());
    List<Weighted> terms = new ArrayList<>();
    double sft = 0;
    for (Map.Entry<String, Double> one : losses(settings).entrySet()) {
      if (one.getKey().equals(SFT)) {
        sft = one.getValue();
      } else {
        PairTerm term =
            UserCode.isNamedBy(one.getKey())
                ? OwnLosses.pairs(one.getKey(), hasReference() && reference, warn)
                : term(one.getKey(), settings, pair, reference);
        terms.add(new Weighted(term, one.getValue()));
      }
    }
    if (terms.isEmpty()) {
      throw new UsageException(
          "loss.types has nothing but sft, which prefers nothing: use luthier sft, or name a loss"
              + " of pairs as well");
    }
    return new Mix(terms, sft);
  }

  private PairTerm term(
      String name, PreferenceLossSettings settings, PairSettings pair, boolean reference) {
    if (this == ORPO) {
      return new PairTerm.Odds(new OddsRatioLoss(pair.beta()));
    }
    PairLoss loss = LOSSES.get(name);
    if (loss == null) {
      throw new IllegalStateException(name);
    }
    boolean mean = this == SIMPO || loss == PairLoss.IPO || settings.lengthNormalised();
    double target = this == SIMPO ? settings.gamma() : 0;
    return new PairTerm.Margin(loss, pair, mean, this == DPO && reference, target);
  }

  /** What is minimised over single answers. */
  UnpairedLoss unpaired(PreferenceLossSettings settings) {
    losses(settings);
    return new UnpairedLoss(
        beta(settings), settings.desirableWeight(), settings.undesirableWeight());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
