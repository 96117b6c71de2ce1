package dev.luthier.data.check;

import java.util.List;

/**
 * Something wrong with a set.
 *
 * @param detail which kind of the fault, such as the kind of personal data; empty where there is
 *     one
 * @param rows how many rows have it; 0 for what is wrong with the set as a whole
 * @param words what was found, and where a limit decides how bad that is, the limit
 * @param places the first of them, with what shows it
 * @param advice what to do, in words; empty where there is nothing to do
 * @param command a line for the shell that does it; empty where no command can
 */
public record Finding(
    Fault fault,
    String detail,
    Severity severity,
    long rows,
    String words,
    List<Place> places,
    String advice,
    String command) {
  /** Places that a finding lists. */
  public static final int LISTED = 1000;

  public Finding {
    places = List.copyOf(places);
  }

  /** Of the set or the model as a whole, with words of advice. */
  static Finding ofAll(Fault fault, String detail, String words, String advice) {
    return new Finding(fault, detail, fault.severity(), 0, words, List.of(), advice, "");
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
