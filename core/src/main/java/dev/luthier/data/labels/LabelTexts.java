package dev.luthier.data.labels;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Texts of files that are to be labelled, one after another. */
public final class LabelTexts {
  private LabelTexts() {}

  /** Takes a text. */
  public interface Sink {
    /**
     * @param number of the row in all files together, from 1
     */
    void text(int number, LabelledRow row);
  }

  /**
   * Reads them.
   *
   * @param columns our name of a column to the file's
   * @param byWord whether words are labelled
   * @param refusals rows without a text
   */
  public static void read(
      LabelFiles files,
      Map<String, String> columns,
      boolean byWord,
      Sink sink,
      LabelFiles.Refusals refusals) {
    LabelParser parser = new LabelParser(columns, List.of());
    files.read((number, row) -> sink.text(number, parser.text(row, byWord)), refusals);
  }

  /** A text of its own. */
  public static LabelledRow of(String text, boolean byWord) {
    return new LabelledRow(
        byWord ? Words.of(text) : Words.none(text), Optional.empty(), List.of(), List.of());
  }
}
