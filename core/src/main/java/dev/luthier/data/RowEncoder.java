package dev.luthier.data;

import dev.luthier.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;

/** Examples to tokens and labels. Safe for use by many threads. */
public interface RowEncoder {
  /**
   * The row as tokens and labels.
   *
   * @throws RowRefused the row cannot be trained on
   */
  EncodedRow encode(Row row);

  /**
   * The row as documents, for encoders of rows that hold several.
   *
   * @return at least one
   * @throws RowRefused the row cannot be trained on
   */
  default List<EncodedRow> documents(Row row) {
    return List.of(encode(row));
  }

  /** How many documents, one after the other, belong together: all are used, or none. */
  default int together() {
    return 1;
  }

  /**
   * The row as a question to the model, in the words that training uses.
   *
   * @return empty for a row that asks nothing
   * @throws dev.luthier.LuthierException the template refuses the conversation
   */
  Optional<Question> question(Row row);

  /** The tokenizer that ids are of. */
  Tokenizer tokenizer();

  /** How sequences that are too long are cut. */
  default Pieces pieces() {
    return Pieces.PLAIN;
  }
}
