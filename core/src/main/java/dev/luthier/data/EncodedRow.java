package dev.luthier.data;

import dev.luthier.tokenizer.Encoding;
import java.util.Set;

/**
 * One row as tokens, with what reports and previews say about it.
 *
 * @param sequence tokens and labels
 * @param text what the tokens were made from; of rows without a template, prompt, completion and
 *     the end token's name joined
 * @param encoding the tokens' places in {@code text}
 * @param straddling tokens that reach into a trained span from before it, and so are not trained
 * @param unknown trained tokens that are the tokenizer's "unknown"
 * @param endsWithStop whether the last trained token ends a turn or the text
 * @param bos how many BOS tokens the row begins with
 * @param turnEnds ids of single tokens that close an assistant's turn in this row
 * @param dropped what the chat template left out of the text
 */
public record EncodedRow(
    TokenSequence sequence,
    String text,
    Encoding encoding,
    int straddling,
    int unknown,
    boolean endsWithStop,
    int bos,
    Set<Integer> turnEnds,
    Dropped dropped) {
  public EncodedRow {
    turnEnds = Set.copyOf(turnEnds);
  }

  /** The same as this part of its row. */
  EncodedRow as(Part part, double margin) {
    return new EncodedRow(
        sequence.as(part).withMargin(margin),
        text,
        encoding,
        straddling,
        unknown,
        endsWithStop,
        bos,
        turnEnds,
        dropped);
  }
}
