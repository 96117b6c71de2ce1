package dev.luthier.data.prepare;

/** What became of a row in the stages that look at one row at a time. */
sealed interface Judged {
  /** Its number in the file. */
  int row();

  /**
   * It goes on.
   *
   * @param json its example, one line of JSON in UTF-8
   * @param stratum the value of the column that splits are stratified by; may be empty
   * @param group the value of the column that keeps rows together; may be empty
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Kept(int row, byte[] json, String stratum, String group) implements Judged {}

  /**
   * It is left out.
   *
   * @param stage where
   * @param kind why, in a word or two, for counting
   * @param reason why, in a sentence
   * @param text how it stands in the file
   */
  record Dropped(int row, Stages stage, String kind, String reason, String text)
      implements Judged {}
}
