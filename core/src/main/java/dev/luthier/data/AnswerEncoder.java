package dev.luthier.data;

import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rows of answers that are preferred, or wanted, to documents: each answer behind its prompt, of
 * which only the answer has labels.
 *
 * @param encoder of a single answer
 * @param pairs whether a chosen and a rejected answer belong together; otherwise they become one
 *     that is wanted and one that is not, and rows of one answer are taken too
 */
public record AnswerEncoder(RowEncoder encoder, boolean pairs) implements RowEncoder {
  @Override
  public EncodedRow encode(Row row) {
    return documents(row).get(0);
  }

  @Override
  public List<EncodedRow> documents(Row row) {
    if (row.example() instanceof Preference preference) {
      return List.of(
          answer(row, preference.chosen(), pairs ? Part.CHOSEN : Part.DESIRABLE, margin(row)),
          answer(row, preference.rejected(), pairs ? Part.REJECTED : Part.UNDESIRABLE, 0));
    }
    if (!pairs && row.example() instanceof Unpaired unpaired) {
      Part part = unpaired.desirable() ? Part.DESIRABLE : Part.UNDESIRABLE;
      return List.of(answer(row, unpaired.answer(), part, 0));
    }
    throw new RowRefused(
        "expected chosen and rejected answers"
            + (pairs ? "" : ", or an answer with a label")
            + ", found a row of kind "
            + row.example().kind(),
        row.example() instanceof Unpaired ? "luthier kto learns from such rows" : "");
  }

  private EncodedRow answer(Row row, Example example, Part part, double margin) {
    return encoder.encode(new Row(row.number(), example)).as(part, margin);
  }

  /** What the column {@code margin} says. */
  private static double margin(Row row) {
    Object value = row.columns().get("margin");
    if (value == null || value instanceof String text && text.isBlank()) {
      return 0;
    }
    try {
      double margin = Double.parseDouble(value.toString());
      if (Double.isFinite(margin)) {
        return margin;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new RowRefused("margin is " + RowText.of(Map.of("margin", value)) + ", not a number");
  }

  @Override
  public int together() {
    return pairs ? 2 : 1;
  }

  @Override
  public Optional<Question> question(Row row) {
    if (row.example() instanceof Preference preference) {
      return encoder.question(new Row(row.number(), preference.chosen()));
    }
    return row.example() instanceof Unpaired unpaired
        ? encoder.question(new Row(row.number(), unpaired.answer()))
        : Optional.empty();
  }

  @Override
  public Tokenizer tokenizer() {
    return encoder.tokenizer();
  }

  @Override
  public Pieces pieces() {
    return encoder.pieces();
  }
}
