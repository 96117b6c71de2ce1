package dev.luthier.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What became of the rows: printed before a run and kept in {@code run.json}.
 *
 * @param files each file and the SHA-256 of its bytes
 * @param formats how many rows were recognised as what
 * @param rows rows in the files
 * @param repaired rows that were mended
 * @param usedRows rows that give at least one sequence
 * @param sequences token sequences; more than rows where long rows were split
 * @param refused rows that could not be used, and why
 * @param tokens tokens in all sequences
 * @param trainedTokens tokens that count in the loss
 * @param lengths of the sequences, in tokens
 * @param overflow what became of rows longer than {@code maxLength}
 * @param unknownShare share of the rows' trained tokens that are the tokenizer's "unknown"
 * @param straddlingTokens tokens that reach into a trained span from before it and are not trained
 * @param rowsWithoutStop used rows whose last trained token, after cutting, ends neither a turn nor
 *     the text: from them the model does not learn to stop
 * @param templateDrops used rows of which the chat template leaves messages, tool calls or tools
 *     out
 * @param rowsByBos how many rows begin with 0, 1, ... BOS tokens
 * @param turnEnds ids of the single tokens that close assistant turns; generation must stop at them
 */
public record DataReport(
    Map<String, String> files,
    Map<DataSettings.Format, Integer> formats,
    int rows,
    int repaired,
    int usedRows,
    int sequences,
    List<Refusal> refused,
    long tokens,
    long trainedTokens,
    Lengths lengths,
    Overflowed overflow,
    double unknownShare,
    long straddlingTokens,
    int rowsWithoutStop,
    int templateDrops,
    Map<Integer, Integer> rowsByBos,
    Set<Integer> turnEnds) {

  /** Percentiles (nearest rank) of the sequences' lengths in tokens. */
  public record Lengths(int shortest, int median, int p90, int p99, int longest) {
    /**
     * Of these lengths.
     *
     * @param sorted lengths, ascending
     */
    public static Lengths of(int[] sorted) {
      return new Lengths(
          rank(sorted, 0),
          rank(sorted, 0.5),
          rank(sorted, 0.9),
          rank(sorted, 0.99),
          rank(sorted, 1));
    }

    private static int rank(int[] sorted, double share) {
      if (sorted.length == 0) {
        return 0;
      }
      return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
  }

  /**
   * Rows longer than {@code maxLength}.
   *
   * @param maxLength tokens that a sequence may have
   * @param rows how many rows are longer
   * @param dropped their numbers where they were left out
   * @param lostTrainedTokens trained tokens that were cut off or left out with them
   */
  public record Overflowed(int maxLength, int rows, List<Integer> dropped, long lostTrainedTokens) {
    public Overflowed {
      dropped = List.copyOf(dropped);
    }
  }

  public DataReport {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    formats = Collections.unmodifiableMap(new LinkedHashMap<>(formats));
    refused = List.copyOf(refused);
    rowsByBos = Map.copyOf(rowsByBos);
    turnEnds = Set.copyOf(turnEnds);
  }

  /** Share of used rows from which the model learns to stop. */
  public double stopShare() {
    return usedRows == 0 ? 0 : 1 - (double) rowsWithoutStop / usedRows;
  }
}
