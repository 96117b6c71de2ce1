package dev.luthier.data;

import java.util.List;

/**
 * Batches of answers in which the prompts of chosen ones have labels, too: ORPO learns them like
 * text. Their weight is 0, so that none takes them for part of the answer.
 *
 * @param batches makes them
 */
public record PromptLabels(BatchMaker batches) implements BatchMaker {
  @Override
  public Batch make(List<List<TokenSequence>> rows, long epoch) {
    Batch batch = batches.make(rows, epoch);
    long[] labels = batch.labels().clone();
    float[] weights = batch.weights().clone();
    int document = -1;
    for (int i = 0; i < labels.length; i++) {
      boolean padding = batch.documents()[i] == 0;
      boolean begins = !padding && batch.positions()[i] == 0;
      document += begins ? 1 : 0;
      if (!padding
          && !begins
          && labels[i] == TokenSequence.IGNORED
          && batch.form().answers().get(document).part() == Part.CHOSEN) {
        labels[i] = batch.tokens()[i];
        weights[i] = 0;
      }
    }
    return new Batch(
        batch.rows(),
        batch.length(),
        batch.tokens(),
        labels,
        batch.positions(),
        batch.documents(),
        weights,
        batch.sources(),
        batch.form());
  }
}
