package dev.luthier.train.policy;

import dev.luthier.data.Batch;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.policy.PolicyLoss.Answer;
import dev.luthier.train.policy.PolicyLoss.Totals;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * {@link PolicyLoss} over the answers of a step. Each label token's two values are the
 * log-probabilities that it had when the step's answers were written and that the reference gives
 * it; what is an answer's reference elsewhere is here its advantage. For one step.
 */
public final class PolicyObjective implements Objective {
  /** Values of a token. */
  static final int VALUES = 2;

  private final PolicySettings settings;
  private final Totals totals;
  private final boolean hasReference;
  private final Map<String, Double> rolled;
  private long tokens;
  private double divergence;
  private long ratios;
  private double low;
  private double high;
  private double entropy;
  private double ratioOff;

  /**
   * An objective.
   *
   * @param totals of the whole step
   * @param hasReference whether the second values mean something
   * @param rolled what was measured of the answers
   */
  public PolicyObjective(
      PolicySettings settings, Totals totals, boolean hasReference, Map<String, Double> rolled) {
    this.rolled = rolled;
    this.settings = settings;
    this.totals = totals;
    this.hasReference = hasReference;
  }

  /** The answers' and tokens' number over these batches. */
  public static Totals totals(List<Batch> batches) {
    long answers = 0;
    long tokens = 0;
    for (Batch batch : batches) {
      LabelTokens labels = LabelTokens.of(batch);
      answers += labels.answers().size();
      for (float weight : labels.weights()) {
        tokens += weight > 0 ? 1 : 0;
      }
    }
    return new Totals(answers, Math.max(1, tokens));
  }

  @Override
  public double weight(LabelTokens labels) {
    return labels.answers().size();
  }

  @Override
  public Loss loss(Tensor logProbs, LabelTokens labels) {
    float[] now = Tensors.toFloats(logProbs);
    float[] values = Objects.requireNonNull(labels.values());
    List<Answer> answers = new ArrayList<>();
    for (AnswerTokens a : labels.answers()) {
      // Of an answer that counts for nothing, no token has a weight.
      int count = a.count() > 0 && labels.weights()[a.from()] == 0 ? 0 : a.count();
      double[] own = new double[count];
      double[] old = new double[count];
      double @Nullable [] reference = hasReference ? new double[count] : null;
      for (int i = 0; i < own.length; i++) {
        int at = a.from() + i;
        own[i] = now[at];
        old[i] = values[VALUES * at];
        if (reference != null) {
          reference[i] = values[VALUES * at + 1];
        }
        entropy -= own[i];
        tokens++;
        ratioOff = Math.max(ratioOff, Math.abs(Math.expm1(own[i] - old[i])));
      }
      answers.add(new Answer(own, old, reference, a.answer().reference()));
    }
    PolicyLoss.Graded graded = PolicyLoss.of(answers, settings, totals);
    float[] gradient = new float[now.length];
    for (int i = 0; i < answers.size(); i++) {
      int from = labels.answers().get(i).from();
      for (int t = 0; t < graded.gradient()[i].length; t++) {
        gradient[from + t] = (float) (graded.gradient()[i][t] * totals.answers());
      }
    }
    divergence += graded.divergence() * totals.tokens();
    low += graded.clippedLow() * graded.ratios();
    high += graded.clippedHigh() * graded.ratios();
    ratios += graded.ratios();
    return new Loss(
        graded.loss() * totals.answers(),
        Tensors.floats(gradient, Device.of(logProbs), gradient.length));
  }

  @Override
  public Map<String, Double> figures() {
    Map<String, Double> out = new LinkedHashMap<>(rolled);
    if (tokens > 0) {
      out.put("entropy", entropy / tokens);
      if (hasReference) {
        out.put("kl", divergence / tokens);
      }
      out.put("clip_fraction_low", low / ratios);
      out.put("clip_fraction_high", high / ratios);
      out.put("ratio_off", ratioOff);
    }
    return out;
  }
}
