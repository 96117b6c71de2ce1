package dev.luthier.data;

import dev.luthier.LuthierException;
import dev.luthier.data.Example.Text;
import dev.luthier.tokenizer.Encoding;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * Texts for an encoder that is to guess masked tokens: {@code [CLS] text [SEP]}, as the tokenizer
 * adds them. Labels stand at the tokens that may be masked, which are all but special ones; {@link
 * MaskedCollator} chooses among them.
 */
public final class MaskedEncoder implements RowEncoder {
  private final Tokenizer tokenizer;
  private final Pieces pieces;
  private final int unknownId;

  /**
   * Finds out what the tokenizer adds.
   *
   * @throws LuthierException if it has no mask token
   */
  public MaskedEncoder(Tokenizer tokenizer) {
    if (tokenizer.maskId().isEmpty()) {
      throw new LuthierException(
          "the tokenizer has no mask token, which an encoder learns to fill: name it as mask_token"
              + " in tokenizer_config.json. See docs/troubleshooting.md#mask-token");
    }
    this.tokenizer = tokenizer;
    int[] added = tokenizer.encodeIds("", true);
    int before = before(tokenizer, added);
    this.pieces = Pieces.framed(before, added.length - before);
    this.unknownId = tokenizer.unkId().orElse(-1);
  }

  /** How many of the added tokens stand before the text. */
  private static int before(Tokenizer tokenizer, int[] added) {
    int[] word = tokenizer.encodeIds("a", true);
    int same = Arrays.mismatch(added, word);
    return same < 0 ? added.length : same;
  }

  @Override
  public EncodedRow encode(Row row) {
    if (!(row.example() instanceof Text text)) {
      throw new RowRefused(
          row.example().kind() + " rows are no texts, which an encoder learns from",
          "name the column of the text: data.format=text data.columns.text=NAME; labels are learnt"
              + " with luthier train-classifier");
    }
    Encoding encoding = tokenizer.encode(text.text(), true);
    int[] labels = encoding.ids().clone();
    Set<Integer> special = tokenizer.specialIds();
    int unknown = 0;
    int trained = 0;
    for (int i = 0; i < labels.length; i++) {
      unknown += labels[i] == unknownId ? 1 : 0;
      if (special.contains(labels[i])) {
        labels[i] = TokenSequence.IGNORED;
      } else {
        trained++;
      }
    }
    if (trained == 0) {
      throw new RowRefused("the text has no token that could be masked");
    }
    return new EncodedRow(
        new TokenSequence(encoding.ids(), labels, row.number()),
        text.text(),
        encoding,
        0,
        unknown,
        true,
        0,
        Set.of(),
        Dropped.NOTHING);
  }

  @Override
  public Optional<Question> question(Row row) {
    return Optional.empty();
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public Pieces pieces() {
    return pieces;
  }
}
