package dev.luthier.data;

import dev.luthier.data.source.RowSink;

/**
 * A row that is not used, and why.
 *
 * @param file as the user knows it
 * @param row 1-based number of the row in the file
 * @param reason what was expected and found
 * @param hint what to do about it; may be empty
 * @param text how the row stands in the file, as far as {@link RowSink} gives it
 */
public record Refusal(String file, int row, String reason, String hint, String text) {
  /** A refusal that explains itself. */
  public Refusal(String file, int row, String reason) {
    this(file, row, reason, "", "");
  }

  /** Reason and hint in one sentence. */
  public String words() {
    return hint.isEmpty() ? reason : reason + " (" + hint + ")";
  }

  /** Where and why: {@code rows.jsonl row 17: completion: expected a string, found null}. */
  public String line() {
    return file + " row " + row + ": " + words();
  }
}
