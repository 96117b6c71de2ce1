package dev.luthier.model;

import dev.luthier.LuthierException;
import dev.luthier.nn.Embedding;
import dev.luthier.nn.Places;
import dev.luthier.nn.Tape;
import dev.luthier.nn.Value;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * Positions that a table tells.
 *
 * @param table (P, D)
 * @param offset the row of position 0
 * @param device where the table is
 */
record LearnedPositions(Embedding table, int offset, Device device) {
  /** What is added for the pass' positions: (B, T, D). */
  Value forward(Places places, @Nullable Tape tape) {
    return rows(places.positions(), places, tape);
  }

  /** The same for positions counted from each document's start, whatever the pass says. */
  Value counted(Places places, @Nullable Tape tape) {
    return rows(places.counted(), places, tape);
  }

  /**
   * @throws LuthierException if the table ends before
   */
  private Value rows(long[] positions, Places places, @Nullable Tape tape) {
    long rows = table.weight().size(0);
    long[] at = new long[positions.length];
    for (int i = 0; i < at.length; i++) {
      at[i] = positions[i] + offset;
      if (at[i] >= rows) {
        throw new LuthierException(
            "a sequence is longer than the model's "
                + (rows - offset)
                + " learned positions: shorten it (in training: data.maxLength)");
      }
    }
    return table.forward(Tensors.longs(at, device, places.rows(), places.queries()), tape);
  }
}
