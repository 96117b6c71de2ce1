package dev.luthier.train.preference;

import dev.luthier.data.Batch;
import dev.luthier.data.Part;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import dev.luthier.train.Objective;
import dev.luthier.train.preference.PairLoss.Graded;
import dev.luthier.train.preference.PairTerm.Scored;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The mean over pairs of a weighted sum of {@link PairTerm}s, plus the cross-entropy of the chosen
 * answers, which is a mean over their label tokens. Of a step's documents the first is a chosen
 * answer, the second the one rejected for it, and so on. For one step, or one evaluation.
 */
public final class PairObjective implements Objective {
  private final Mix mix;
  private final Totals totals;
  private final PairFigures figures = new PairFigures();

  /**
   * What is minimised.
   *
   * @param terms parts by their weights; rewards are told by the first
   * @param sft the weight of the cross-entropy
   */
  public record Mix(List<Weighted> terms, double sft) {
    /** Checks that there is a term. */
    public Mix {
      terms = List.copyOf(terms);
      if (terms.isEmpty()) {
        throw new IllegalArgumentException("no term");
      }
    }

    /** A term alone. */
    public static Mix of(PairTerm term) {
      return new Mix(List.of(new Weighted(term, 1)), 0);
    }

    /** Whether answers are held against a reference. */
    public boolean hasReference() {
      return terms.stream().anyMatch(t -> t.term().hasReference());
    }
  }

  /** A term and its weight. */
  public record Weighted(PairTerm term, double weight) {}

  /**
   * Of all micro-batches together.
   *
   * @param pairs how many
   * @param chosenTokens label tokens of the chosen answers
   */
  public record Totals(long pairs, long chosenTokens) {
    /** Of a step's batches. */
    public static Totals of(List<Batch> batches) {
      long pairs = 0;
      long tokens = 0;
      for (Batch batch : batches) {
        LabelTokens labels = LabelTokens.of(batch);
        pairs += labels.answers().size() / 2;
        for (AnswerTokens a : labels.answers()) {
          tokens += a.answer().part() == Part.CHOSEN ? a.count() : 0;
        }
      }
      return new Totals(pairs, tokens);
    }
  }

  /** An objective over these pairs. */
  public PairObjective(Mix mix, Totals totals) {
    this.mix = mix;
    this.totals = totals;
  }

  @Override
  public double weight(LabelTokens labels) {
    return labels.answers().size() / 2.0;
  }

  @Override
  public Loss loss(Tensor logProbs, LabelTokens labels) {
    Answers answers = new Answers(logProbs, labels);
    double sum = 0;
    for (int i = 0; i + 1 < answers.count(); i += 2) {
      Scored chosen = answers.scored(i);
      Scored rejected = answers.scored(i + 1);
      for (Weighted part : mix.terms()) {
        Graded g = part.term().of(chosen, rejected);
        sum += part.weight() * g.loss();
        answers.add(i, part.weight() * g.byChosen(), false);
        answers.add(i + 1, part.weight() * g.byRejected(), false);
      }
      if (mix.sft() > 0) {
        // A mean over tokens, in a sum that will be divided by pairs.
        double share = mix.sft() * totals.pairs() / totals.chosenTokens();
        sum += share * answers.crossEntropy(i);
        answers.add(i, -share, true);
      }
      figures.add(mix.terms().get(0).term(), chosen, rejected);
      figures.addCrossEntropy(answers.crossEntropy(i), answers.get(i).count());
    }
    return answers.loss(sum);
  }

  @Override
  public Map<String, Double> figures() {
    return figures.map();
  }
}
