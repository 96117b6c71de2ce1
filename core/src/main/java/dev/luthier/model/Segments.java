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
 * Segments that a table tells, such as a question's tokens and its answer's.
 *
 * @param table (segments, D)
 * @param device where the table is
 */
record Segments(Embedding table, Device device) {
  /**
   * What is added for the pass' segments: (B, T, D).
   *
   * @throws LuthierException if there are not so many
   */
  Value forward(Places places, @Nullable Tape tape) {
    long[] types = places.types();
    long[] at = types == null ? new long[places.rows() * places.queries()] : types;
    for (long type : at) {
      if (type < 0 || type >= table.weight().size(0)) {
        throw new LuthierException(
            "token_type_ids has " + type + ", but the model has " + table.weight().size(0));
      }
    }
    return table.forward(Tensors.longs(at, device, places.rows(), places.queries()), tape);
  }
}
