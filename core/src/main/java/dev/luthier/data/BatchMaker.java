package dev.luthier.data;

import java.util.List;
import java.util.function.ToIntFunction;

/** Makes batches of encoded rows. */
public interface BatchMaker {
  /** The pass over the data that evaluation counts as. */
  long EVALUATION = -1;

  /**
   * The rows as a batch.
   *
   * @param rows for each row its documents, in the order in which they stand in it
   * @param epoch which pass over the data this is, from 0; what is drawn at random, such as masks,
   *     may differ from one to the next and follows from it, the run's seed and the row
   */
  Batch make(List<List<TokenSequence>> rows, long epoch);

  /**
   * The parts of a row that are padded each to the longest of its kind, by their lengths; none
   * where a row is padded as a whole.
   */
  default List<ToIntFunction<List<TokenSequence>>> parts() {
    return List.of();
  }
}
