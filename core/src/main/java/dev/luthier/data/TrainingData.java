package dev.luthier.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Token sequences ready to be packed and batched, and the account of how they came about.
 *
 * @param sequences in the order of their rows, none longer than {@code maxLength}, each with at
 *     least one trained token
 * @param together how many of them, one after the other, belong together
 */
public record TrainingData(List<TokenSequence> sequences, DataReport report, int together) {
  public TrainingData {
    sequences = List.copyOf(sequences);
  }

  /**
   * The sequences as rows of a batch; those that belong together stand beside one another.
   *
   * @param packing whether short sequences share a row
   * @param maxLength tokens that a row takes, of each of those that belong together
   */
  public List<List<TokenSequence>> rows(boolean packing, int maxLength) {
    List<List<TokenSequence>> groups = new ArrayList<>();
    for (int from = 0; from < sequences.size(); from += together) {
      groups.add(sequences.subList(from, from + together));
    }
    int[] lengths =
        groups.stream().mapToInt(g -> g.stream().mapToInt(TokenSequence::length).sum()).toArray();
    List<int[]> packed =
        packing
            ? Packing.bestFit(lengths, Math.multiplyExact(together, maxLength))
            : Packing.none(groups.size());
    return packed.stream()
        .map(row -> Arrays.stream(row).mapToObj(groups::get).flatMap(List::stream).toList())
        .toList();
  }
}
