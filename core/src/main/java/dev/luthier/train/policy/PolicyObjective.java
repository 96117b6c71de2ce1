package dev.luthier.train.policy;

import dev.luthier.data.Batch;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.policy.Credit.Generalized;
import dev.luthier.train.policy.PolicySum.Answer;
import dev.luthier.train.policy.PolicySum.Totals;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A {@link PolicySum}, and with a value head {@link ValueLoss}, over the answers of a step. Each
 * label token's values are its {@link TokenFigure}s. For one step.
 */
public final class PolicyObjective implements Objective {
  private final PolicyLoss policyLoss;
  private final PolicySettings settings;
  private final Totals totals;
  private final boolean hasReference;
  private final Optional<Generalized> values;
  private final Map<String, Double> rolled;
  private long tokens;
  private double divergence;
  private long ratios;
  private long low;
  private long high;
  private double entropy;
  private double ratioOff;
  private double moved;
  private double answersLoss;
  private double valueLoss;
  private long clippedValues;

  /**
   * An objective.
   *
   * @param policyLoss of the answers
   * @param totals of the whole step
   * @param hasReference whether there is one
   * @param values how values are learnt, if they are
   * @param rolled what was measured of the answers
   */
  public PolicyObjective(
      PolicyLoss policyLoss,
      PolicySettings settings,
      Totals totals,
      boolean hasReference,
      Optional<Generalized> values,
      Map<String, Double> rolled) {
    this.policyLoss = policyLoss;
    this.rolled = rolled;
    this.settings = settings;
    this.totals = totals;
    this.hasReference = hasReference;
    this.values = values;
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
  public boolean isValued() {
    return values.isPresent();
  }

  @Override
  public double weight(LabelTokens labels) {
    return labels.answers().size();
  }

  @Override
  public Loss loss(Tensor given, LabelTokens labels) {
    float[] now = Tensors.toFloats(given); // log-probs, and values behind them
    float[] gradient = new float[now.length];
    List<Answer> answers = new ArrayList<>();
    for (AnswerTokens a : labels.answers()) {
      answers.add(answer(a, now, labels));
    }
    PolicySum.Graded graded = PolicySum.of(answers, policyLoss, settings, totals);
    double loss = graded.loss();
    answersLoss += graded.loss();
    for (int i = 0; i < answers.size(); i++) {
      int from = labels.answers().get(i).from();
      double[] own = graded.gradient()[i];
      for (int t = 0; t < own.length; t++) {
        gradient[from + t] = (float) (own[t] * totals.answers());
      }
      if (values.isPresent()) {
        loss += value(values.get(), from, own.length, now, gradient, labels);
      }
    }
    divergence += graded.divergence() * totals.tokens();
    low += graded.clippedLow();
    high += graded.clippedHigh();
    ratios += graded.ratios();
    return new Loss(
        loss * totals.answers(), Tensors.floats(gradient, Device.of(given), Tensors.shape(given)));
  }

  private Answer answer(AnswerTokens a, float[] now, LabelTokens labels) {
    // Of an answer that counts for nothing, no token has a weight.
    int count = a.count() > 0 && labels.weights()[a.from()] == 0 ? 0 : a.count();
    double[] own = new double[count];
    for (int t = 0; t < count; t++) {
      own[t] = now[a.from() + t];
    }
    double[] old = known(TokenFigure.OLD, a.from(), count, labels);
    for (int t = 0; t < count; t++) {
      double off = own[t] - old[t];
      entropy -= own[t];
      moved += Math.expm1(off) - off;
      ratioOff = Math.max(ratioOff, Math.abs(Math.expm1(off)));
    }
    tokens += count;
    double @Nullable [] reference =
        hasReference ? known(TokenFigure.REFERENCE, a.from(), count, labels) : null;
    double[] advantages = known(TokenFigure.ADVANTAGE, a.from(), count, labels);
    return new Answer(new PolicyLoss.Tokens(own, old, advantages), reference);
  }

  private static double[] known(TokenFigure figure, int from, int count, LabelTokens labels) {
    float[] all = Objects.requireNonNull(labels.values());
    double[] out = new double[count];
    for (int t = 0; t < count; t++) {
      out[t] = figure.of(all, from + t);
    }
    return out;
  }

  /** The loss of an answer's values; their gradient is written. */
  private double value(
      Generalized how, int from, int count, float[] now, float[] gradient, LabelTokens labels) {
    int first = labels.count() + from;
    double[] own = new double[count];
    for (int t = 0; t < count; t++) {
      own[t] = now[first + t];
    }
    ValueLoss.Graded graded =
        ValueLoss.of(
            own,
            known(TokenFigure.VALUE, from, count, labels),
            known(TokenFigure.RETURN, from, count, labels),
            how.clip());
    double share = how.weight() / totals.tokens();
    for (int t = 0; t < count; t++) {
      gradient[first + t] = (float) (graded.gradient()[t] * share * totals.answers());
    }
    valueLoss += graded.sum() / totals.tokens();
    clippedValues += graded.clipped();
    return graded.sum() * share;
  }

  /** How far the policy is from the one that wrote the answers: nats a token. */
  double policyKl() {
    return tokens == 0 ? 0 : moved / tokens;
  }

  @Override
  public Map<String, Double> figures() {
    Map<String, Double> out = new LinkedHashMap<>(rolled);
    if (tokens > 0) {
      out.put("entropy", entropy / tokens);
      if (hasReference) {
        out.put("kl", divergence / tokens);
      }
      out.put("policy_kl", policyKl());
      out.put("clip_fraction_low", (double) low / ratios);
      out.put("clip_fraction_high", (double) high / ratios);
      out.put("ratio_off", ratioOff);
    }
    if (tokens > 0 && values.isPresent()) {
      out.put("policy_loss", answersLoss);
      out.put("value_loss", valueLoss);
      out.put("value_clip_fraction", (double) clippedValues / tokens);
    }
    return out;
  }
}
