package dev.luthier.data.check;

import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.EncodedRow;
import dev.luthier.data.duplicates.Signature;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was found out about one row, apart from all others.
 *
 * @param number 1-based in its file
 * @param marks what is wrong with it
 * @param format what it was recognised as; empty for one that cannot be read
 * @param usual whether its columns have the usual names
 * @param documents its token sequences: one, or two of a preference; none if it is refused
 * @param unused what it says, of a row that is refused; else empty
 * @param signature what duplicates are told by
 * @param language its language's code
 * @param values of columns whose balance is looked at
 */
record RowFacts(
    int number,
    List<Mark> marks,
    Optional<Format> format,
    boolean usual,
    List<EncodedRow> documents,
    String unused,
    Optional<Signature> signature,
    Optional<String> language,
    Map<String, String> values) {

  /**
   * One thing wrong.
   *
   * @param detail which kind of it; may be empty
   * @param evidence what shows it; may be empty
   */
  record Mark(Fault fault, String detail, String evidence) {}
}
