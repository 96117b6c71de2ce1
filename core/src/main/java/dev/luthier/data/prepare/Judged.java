package dev.luthier.data.prepare;

import dev.luthier.data.Refusal;
import java.util.List;

/**
 * What the stages that look at one row at a time made of a row.
 *
 * @param repaired whether reading mended it
 * @param cleaned whether cleaning changed its texts
 * @param personal kinds of the personal data that was found in it, each as often as it was
 */
record Judged(Outcome outcome, boolean repaired, boolean cleaned, List<String> personal) {
  Judged {
    personal = List.copyOf(personal);
  }

  /** What became of it. */
  sealed interface Outcome {
    /** Its number in the file. */
    int number();
  }

  /**
   * It goes on.
   *
   * @param json its example, one line of JSON in UTF-8
   * @param stratum the value of the column that splits are stratified by; may be empty
   * @param group the value of the column that keeps rows together; may be empty
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Kept(int number, byte[] json, String stratum, String group) implements Outcome {}

  /**
   * It is left out.
   *
   * @param stage where
   * @param kind why, in a word or two, for counting
   * @param reason why, in a sentence
   * @param hint what to do about it; may be empty
   * @param text how it stands in the file
   */
  record Dropped(int number, Stages stage, String kind, String reason, String hint, String text)
      implements Outcome {
    Refusal refusal(String file) {
      return new Refusal(file, number, reason, hint, text);
    }
  }
}
