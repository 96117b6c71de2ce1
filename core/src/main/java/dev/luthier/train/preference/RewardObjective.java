package dev.luthier.train.preference;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.preference.PairLoss.Graded;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The mean over pairs of {@link RewardLoss}, of a head with one output. For one step, or one
 * evaluation.
 */
public final class RewardObjective implements Objective {
  private final RewardLoss loss;
  private final List<Double> apart = new ArrayList<>();
  private double chosenSum;
  private double rejectedSum;

  /** An objective. */
  public RewardObjective(RewardLoss loss) {
    this.loss = loss;
  }

  @Override
  public boolean ofScores() {
    return true;
  }

  @Override
  public double weight(LabelTokens labels) {
    return labels.answers().size() / 2.0;
  }

  @Override
  public Loss loss(Tensor scores, LabelTokens labels) {
    float[] given = Tensors.toFloats(scores); // (N, 1)
    float[] gradient = new float[given.length];
    double sum = 0;
    for (int i = 0; i + 1 < given.length; i += 2) {
      Graded g = loss.of(given[i], given[i + 1], labels.answers().get(i).answer().reference());
      sum += g.loss();
      gradient[i] = (float) g.byChosen();
      gradient[i + 1] = (float) g.byRejected();
      apart.add((double) given[i] - given[i + 1]);
      chosenSum += given[i];
      rejectedSum += given[i + 1];
    }
    return new Loss(sum, Tensors.floats(gradient, Device.of(scores), gradient.length, 1));
  }

  @Override
  public Map<String, Double> figures() {
    Map<String, Double> out = new LinkedHashMap<>();
    if (!apart.isEmpty()) {
      out.put("rewards/chosen", chosenSum / apart.size());
      out.put("rewards/rejected", rejectedSum / apart.size());
      out.put("rewards/margins", (chosenSum - rejectedSum) / apart.size());
      out.putAll(PairwiseAccuracy.of(apart.stream().mapToDouble(d -> d).toArray()).figures());
    }
    return out;
  }
}
