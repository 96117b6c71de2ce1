package dev.luthier.data.labels;

import dev.luthier.data.Batch;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows with labels as batches, one to a row; labels stand where they are predicted.
 *
 * @param collator lays tokens side by side
 * @param extras by row, what its tokens cannot hold
 * @param weights of each label in the loss
 */
@SuppressWarnings("ArrayRecordComponent")
public record LabelBatches(
    Collator collator, Map<Integer, LabelledData.Extra> extras, float[] weights)
    implements BatchMaker {
  @Override
  public Batch make(List<List<TokenSequence>> rows, long epoch) {
    Batch base = collator.packed(rows);
    int length = base.length();
    long[] labels = base.labels().clone();
    float[] factors = base.weights().clone();
    boolean numbers = rows.stream().anyMatch(row -> values(row).length > 0);
    float @Nullable [] values =
        numbers ? new float[rows.size() * values(rows.get(0)).length] : null;
    boolean pairs = rows.stream().anyMatch(row -> extras.containsKey(row.get(0).row()));
    long @Nullable [] types = pairs ? new long[labels.length] : null;
    for (int r = 0; r < rows.size(); r++) {
      TokenSequence row = rows.get(r).get(0);
      for (int i = 0; i < row.length(); i++) {
        int label = row.labels()[i];
        labels[r * length + i] = label;
        factors[r * length + i] = values != null || label < 0 ? 1 : weights[label];
      }
      if (values != null) {
        float[] own = values(rows.get(r));
        System.arraycopy(own, 0, values, r * own.length, own.length);
      }
      LabelledData.Extra extra = extras.get(row.row());
      if (types != null && extra != null) {
        Arrays.fill(types, r * length + extra.second(), r * length + row.length(), 1);
      }
    }
    return new Batch(
        base.rows(),
        length,
        base.tokens(),
        labels,
        base.positions(),
        base.documents(),
        factors,
        base.sources(),
        new Batch.Form(true, 0, types, values, List.of()));
  }

  private float[] values(List<TokenSequence> row) {
    LabelledData.Extra extra = extras.get(row.get(0).row());
    return extra == null ? new float[0] : extra.values();
  }
}
