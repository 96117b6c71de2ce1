package dev.luthier.train.policy;

import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.Packing;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import dev.luthier.tensor.Tensors;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.LabelTokens.AnswerTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Answers as packed batches, which follow from them and from their order alone. */
final class RolloutBatches {
  private final PolicyPlan plan;
  private final Collator collator;

  RolloutBatches(PolicyPlan plan, Collator collator) {
    this.plan = plan;
    this.collator = collator;
  }

  /** The micro-batches of a mini-batch, counted from 0. */
  List<Batch> mini(List<Rollout> all, int mini) {
    int each = all.size() / plan.miniBatches();
    return of(all.subList(mini * each, (mini + 1) * each));
  }

  /** The micro-batches of these answers. */
  List<Batch> of(List<Rollout> some) {
    List<TokenSequence> documents = new ArrayList<>();
    for (Rollout one : some) {
      documents.add(one.document(documents.size() + 1));
    }
    int[] lengths = documents.stream().mapToInt(TokenSequence::length).toArray();
    List<int[]> rows = Packing.bestFit(lengths, plan.rowLength());
    List<Batch> out = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += plan.microBatch()) {
      List<int[]> part = rows.subList(from, Math.min(rows.size(), from + plan.microBatch()));
      Batch batch =
          collator.packed(
              part.stream().map(r -> Arrays.stream(r).mapToObj(documents::get).toList()).toList());
      out.add(known(batch, part, some));
    }
    return out;
  }

  private static Batch known(Batch batch, List<int[]> rows, List<Rollout> of) {
    float[] values = new float[TokenFigure.COUNT * batch.labelTokens()];
    float[] weights = batch.weights().clone();
    List<Batch.Answer> answers = new ArrayList<>();
    int next = 0;
    for (int r = 0; r < rows.size(); r++) {
      int at = r * batch.length();
      for (int number : rows.get(r)) {
        Rollout one = of.get(number);
        int length = one.prompt().length + one.answer().length;
        if (!one.counts()) {
          Arrays.fill(weights, at, at + length, 0);
        }
        System.arraycopy(one.known(), 0, values, next, one.known().length);
        next += one.known().length;
        answers.add(new Batch.Answer(Part.SAMPLED, 0));
        at += length;
      }
    }
    return batch
        .withWeights(weights)
        .withForm(new Batch.Form(false, 0, null, values, List.copyOf(answers)));
  }

  /**
   * Sets figures of all answers' tokens, by the batches in which they are learnt from.
   *
   * @param measure gives a batch's figures: (N), or a row of N for each figure; of the innermost
   *     scope
   */
  void measure(List<Rollout> all, Function<Batch, Tensor> measure, TokenFigure... figures) {
    int each = all.size() / plan.miniBatches();
    for (int mini = 0; mini < plan.miniBatches(); mini++) {
      for (Batch batch : mini(all, mini)) {
        try (PointerScope scope = new PointerScope()) {
          float[] values = Tensors.toFloats(measure.apply(batch));
          LabelTokens labels = LabelTokens.of(batch);
          int document = 0;
          for (int[] row : batch.sources()) {
            for (int number : row) {
              AnswerTokens a = labels.answers().get(document++);
              Rollout one = all.get(mini * each + number - 1);
              for (int f = 0; f < figures.length; f++) {
                int row0 = f * labels.count() + a.from();
                one.set(figures[f], floats(values, row0, a.count()));
              }
            }
          }
        }
      }
    }
  }

  private static double[] floats(float[] of, int from, int count) {
    double[] out = new double[count];
    Arrays.setAll(out, i -> of[from + i]);
    return out;
  }
}
