package dev.luthier.data;

import java.util.Arrays;
import java.util.List;

/**
 * Token sequences ready to be packed and batched, and the account of how they came about.
 *
 * @param sequences in the order of their rows, none longer than {@code maxLength}, each with at
 *     least one trained token
 */
public record TrainingData(List<TokenSequence> sequences, DataReport report) {
  public TrainingData {
    sequences = List.copyOf(sequences);
  }

  /**
   * The sequences as rows of a batch.
   *
   * @param packing whether short sequences share a row
   * @param maxLength tokens that a row takes
   */
  public List<List<TokenSequence>> rows(boolean packing, int maxLength) {
    List<int[]> packed =
        packing
            ? Packing.bestFit(
                sequences.stream().mapToInt(TokenSequence::length).toArray(), maxLength)
            : Packing.none(sequences.size());
    return packed.stream()
        .map(row -> Arrays.stream(row).mapToObj(sequences::get).toList())
        .toList();
  }
}
