package dev.luthier.train.preference;

import dev.luthier.data.Batch;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.LabelTokens;
import dev.luthier.train.Snapshot;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.javacpp.PointerScope;

/** The model that a policy is held against. */
@FunctionalInterface
public interface Reference {
  /** There is none: answers keep what they have. */
  Reference NONE = batches -> batches;

  /** The same batches, each answer with the log-probability that the reference gives it. */
  List<Batch> over(List<Batch> batches);

  /** The same as a view: a batch is scored when it is asked for. */
  default List<Batch> view(List<Batch> batches) {
    return new AbstractList<>() {
      @Override
      public Batch get(int index) {
        return over(List.of(batches.get(index))).get(0);
      }

      @Override
      public int size() {
        return batches.size();
      }
    };
  }

  /** A model of its own. */
  static Reference of(BlockwiseStep model) {
    return batches -> batches.stream().map(batch -> scored(model, batch)).toList();
  }

  /** The policy's model under the weights that it had once. */
  static Reference of(BlockwiseStep policy, Snapshot weights) {
    return batches -> weights.with(() -> of(policy).over(batches));
  }

  private static Batch scored(BlockwiseStep model, Batch batch) {
    double[] sums = sums(model, batch);
    return with(batch, i -> sums[i]);
  }

  /** The same batch, the reference of each answer being this of its number. */
  static Batch with(Batch batch, IntToDoubleFunction reference) {
    List<Batch.Answer> out = new ArrayList<>();
    for (Batch.Answer answer : batch.form().answers()) {
      out.add(new Batch.Answer(answer.part(), reference.applyAsDouble(out.size())));
    }
    return batch.withForm(batch.form().with(out));
  }

  /**
   * The log-probability of each answer's tokens, in order; the order in which they are summed up is
   * the one of the losses, so that equal models give equal sums.
   */
  static double[] sums(BlockwiseStep model, Batch batch) {
    LabelTokens labels = LabelTokens.of(batch);
    try (PointerScope scope = new PointerScope()) {
      Answers answers = new Answers(model.logProbs(batch), labels);
      double[] out = new double[answers.count()];
      for (int i = 0; i < out.length; i++) {
        out[i] = answers.scored(i).sum();
      }
      return out;
    }
  }
}
