package dev.luthier.recipe;

import dev.luthier.UsageException;
import dev.luthier.train.LossProbe;
import dev.luthier.train.LossProbe.Said;
import dev.luthier.train.Objective;
import dev.luthier.train.policy.PolicyLoss;
import dev.luthier.train.policy.PolicyLoss.Tokens;
import dev.luthier.train.policy.PolicySettings;
import dev.luthier.train.preference.PairLoss;
import dev.luthier.train.preference.PairTerm;
import dev.luthier.train.preference.PairTerm.Scored;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Losses that users wrote, which are {@link LossProbe probed} before they are trained with. */
final class OwnLosses {
  private static final String SEE = " See docs/objectives.md";

  private OwnLosses() {}

  /**
   * Of tokens.
   *
   * @param given {@code FILE} or {@code FILE#CLASS}; empty for cross-entropy
   * @param warn hears of a gradient that is not the loss's own
   */
  static Objective tokens(Optional<String> given, Consumer<String> warn) {
    if (given.isEmpty()) {
      return Objective.crossEntropy();
    }
    String name = given.get();
    Objective own = UserCode.of(name).require("--objective").make(Objective.class);
    if (own.ofScores() || own.isValued()) {
      throw new UsageException(
          name + " wants scores or values; what is given here are log-probabilities." + SEE);
    }
    new LossProbe(name, warn).ask(own);
    return own;
  }

  /**
   * Of pairs.
   *
   * @param reference whether there is one
   */
  static PairTerm pairs(String given, boolean reference, Consumer<String> warn) {
    PairTerm own = UserCode.of(given).require("--loss").make(PairTerm.class);
    if (own.hasReference() && !reference) {
      throw new UsageException(
          given + " holds answers against a reference, and this run has none." + SEE);
    }
    double none = Double.NaN;
    Function<double[], Said> loss =
        at -> {
          Scored chosen = new Scored(at[0], 5, reference ? -12.9 : none);
          Scored rejected = new Scored(at[1], 6, reference ? -11.4 : none);
          PairLoss.Graded g = own.of(chosen, rejected);
          return new Said(g.loss(), new double[] {g.byChosen(), g.byRejected()});
        };
    LossProbe probe = new LossProbe(given, warn);
    probe.ask(loss, -12.3, -11.9);
    probe.ask(loss, -14.2, -10.7);
    return own;
  }

  /** Of answers that a policy wrote. */
  static PolicyLoss answers(String given, PolicySettings settings, Consumer<String> warn) {
    PolicyLoss own = UserCode.of(given).require("--loss").make(PolicyLoss.class);
    LossProbe probe = new LossProbe(given, warn);
    for (double advantage : new double[] {0.8, -0.8}) {
      double[] old = {-2.3, -0.13, -0.91};
      double[] advantages = {advantage, advantage, advantage};
      probe.ask(
          at -> {
            PolicyLoss.Graded g = own.of(new Tokens(at, old, advantages), settings);
            return new Said(g.sum(), g.gradient());
          },
          -2.27,
          -0.17,
          -0.96);
    }
    return own;
  }
}
