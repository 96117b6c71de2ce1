package dev.luthier.data.check;

import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Preview.PreviewRow;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that an audit found out.
 *
 * @param model the model's folder, as the user wrote it
 * @param template the setting of the chat template
 * @param maxLength tokens per sequence that a run would take
 * @param files in the order in which rows name them
 * @param evaluationRows rows of the evaluation data; empty without any
 * @param formats what rows were recognised as, the most frequent first
 * @param rows in all files
 * @param used rows that can be trained on
 * @param repaired rows that were mended while they were read
 * @param tokens of all documents that can be trained on, before anything is cut
 * @param trainedTokens those that count in the loss
 * @param lengths of the documents
 * @param histogram of the lengths
 * @param cuts what each maximum length would cost
 * @param stopShare share of documents that end in a trained stop token
 * @param rowsByBos documents that begin with 0, 1, ... BOS tokens
 * @param languages rows by language; those that no language could be told of are left out
 * @param columns rows by value, for each column that looks like a label or source
 * @param findings errors first
 * @param examples rows as they are trained: the first, the longest, and some with findings
 */
public record AuditReport(
    String model,
    String template,
    int maxLength,
    List<SourceFile> files,
    Optional<Long> evaluationRows,
    List<FormatShare> formats,
    long rows,
    long used,
    long repaired,
    long tokens,
    long trainedTokens,
    Lengths lengths,
    List<Bucket> histogram,
    List<Cut> cuts,
    double stopShare,
    Map<Integer, Long> rowsByBos,
    Map<String, Long> languages,
    Map<String, Map<String, Long>> columns,
    List<Finding> findings,
    List<ExampleRow> examples) {

  /** A file that was read. */
  public record SourceFile(String path, String sha256, long rows) {}

  /**
   * Rows of one format.
   *
   * @param confidence that they are meant so, 0 to 1: the share of all rows that were recognised,
   *     less a fifth where columns have other than the usual names
   */
  public record FormatShare(Format format, long rows, double confidence) {}

  /** Nearest-rank percentiles of documents' lengths, in tokens. */
  public record Lengths(
      int shortest, double mean, int p50, int p90, int p95, int p99, int longest) {}

  /** Documents of {@code from} to {@code to} tokens, both included. */
  public record Bucket(int from, int to, long documents) {}

  /**
   * What a maximum length would cost.
   *
   * @param documents that are longer
   * @param answerTokens trained tokens beyond it
   * @param answersLost documents of which no trained token is left
   */
  public record Cut(int maxLength, long documents, long answerTokens, long answersLost) {}

  /**
   * A row as it is trained; one that cannot be has its text as it stands, and no token.
   *
   * @param file index of its file
   * @param why it is shown: what it is the first or longest of, and what is wrong with it
   */
  public record ExampleRow(int file, PreviewRow row, List<String> why) {
    public ExampleRow {
      why = List.copyOf(why);
    }
  }

  /** Whether something would spoil a run. */
  public boolean spoilt() {
    return findings.stream().anyMatch(finding -> finding.severity() == Severity.ERROR);
  }
}
