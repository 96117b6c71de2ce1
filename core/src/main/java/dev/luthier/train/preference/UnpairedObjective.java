package dev.luthier.train.preference;

import dev.luthier.data.Part;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.preference.PairTerm.Scored;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The mean over answers of {@link UnpairedLoss}, each held against the same divergence. For one
 * step, or one evaluation.
 */
public final class UnpairedObjective implements Objective {
  private final UnpairedLoss loss;
  private final double divergence;
  private final Side wanted = new Side();
  private final Side unwanted = new Side();

  private static final class Side {
    private long answers;
    private double reward;
    private double sum;

    void put(String name, Map<String, Double> out) {
      if (answers > 0) {
        out.put("rewards/" + name, reward / answers);
        out.put("logps/" + name, sum / answers);
      }
    }
  }

  /**
   * An objective.
   *
   * @param divergence of the whole step, see {@link UnpairedLoss#divergence}
   */
  public UnpairedObjective(UnpairedLoss loss, double divergence) {
    this.loss = loss;
    this.divergence = divergence;
  }

  @Override
  public double weight(LabelTokens labels) {
    return labels.answers().size();
  }

  @Override
  public Loss loss(Tensor logProbs, LabelTokens labels) {
    Answers answers = new Answers(logProbs, labels);
    double sum = 0;
    for (int i = 0; i < answers.count(); i++) {
      boolean isWanted = answers.get(i).answer().part() == Part.DESIRABLE;
      Scored scored = answers.scored(i);
      double above = scored.sum() - scored.reference();
      UnpairedLoss.Graded g = loss.of(above, divergence, isWanted);
      sum += g.loss();
      answers.add(i, g.slope(), false);
      Side side = isWanted ? wanted : unwanted;
      side.answers++;
      side.reward += loss.beta() * above;
      side.sum += scored.sum();
    }
    return answers.loss(sum);
  }

  @Override
  public Map<String, Double> figures() {
    Map<String, Double> out = new LinkedHashMap<>();
    wanted.put("chosen", out);
    unwanted.put("rejected", out);
    if (wanted.answers > 0 && unwanted.answers > 0) {
      out.put(
          "rewards/margins", wanted.reward / wanted.answers - unwanted.reward / unwanted.answers);
    }
    out.put("kl", divergence);
    return out;
  }
}
