package dev.luthier.train.preference;

import dev.luthier.train.preference.PairTerm.Scored;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Means over pairs, by the names that TRL gives them; {@code logps/accuracies}, which it lacks, is
 * the share of pairs of which the chosen answer is the likelier one.
 */
final class PairFigures {
  private long pairs;
  private double chosenReward;
  private double rejectedReward;
  private double right;
  private double likelier;
  private double chosenSum;
  private double rejectedSum;
  private double crossEntropy;
  private long tokens;

  void add(PairTerm term, Scored chosen, Scored rejected) {
    double c = term.reward(chosen);
    double r = term.reward(rejected);
    pairs++;
    chosenReward += c;
    rejectedReward += r;
    right += c > r ? 1 : 0;
    likelier += chosen.sum() > rejected.sum() ? 1 : 0;
    chosenSum += chosen.sum();
    rejectedSum += rejected.sum();
  }

  void addCrossEntropy(double sum, int count) {
    crossEntropy += sum;
    tokens += count;
  }

  Map<String, Double> map() {
    Map<String, Double> out = new LinkedHashMap<>();
    if (pairs > 0) {
      out.put("rewards/chosen", chosenReward / pairs);
      out.put("rewards/rejected", rejectedReward / pairs);
      out.put("rewards/margins", (chosenReward - rejectedReward) / pairs);
      out.put("rewards/accuracies", right / pairs);
      out.put("logps/chosen", chosenSum / pairs);
      out.put("logps/rejected", rejectedSum / pairs);
      out.put("logps/accuracies", likelier / pairs);
      out.put("nll_loss", crossEntropy / tokens);
    }
    return out;
  }
}
