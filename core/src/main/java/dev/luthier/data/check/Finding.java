package dev.luthier.data.check;

import java.util.List;

/**
 * Something wrong with a set.
 *
 * @param detail which kind of the fault, such as the kind of personal data; empty where there is
 *     one
 * @param rows how many rows have it; 0 for what is wrong with the set as a whole
 * @param places the first of them, with what shows it
 * @param fix what to do: a command, or a sentence
 */
public record Finding(
    Fault fault,
    String detail,
    Severity severity,
    long rows,
    String words,
    List<Place> places,
    String fix) {
  /** Places that a finding lists. */
  public static final int LISTED = 1000;

  public Finding {
    places = List.copyOf(places);
  }

  /**
   * A row that has it.
   *
   * @param file index of its file in the report
   * @param row 1-based number in that file
   * @param evidence what shows it; may be empty
   */
  public record Place(int file, int row, String evidence) {}
}
