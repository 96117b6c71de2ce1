package dev.luthier.data;

import dev.luthier.model.Transformer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Batches of answers that get one score each: a document's one label stands where its score is
 * predicted, at the last token in a decoder, at the first one in an encoder. What a reference is
 * elsewhere is here the margin.
 *
 * @param collator lays tokens side by side
 * @param kind of the model
 * @param segments whether the model tells prompt and answer apart by a segment of each token
 */
public record RewardBatches(Collator collator, Transformer.Kind kind, boolean segments)
    implements BatchMaker {
  @Override
  public Batch make(List<List<TokenSequence>> rows, long epoch) {
    Batch base = collator.packed(rows);
    boolean encoder = kind == Transformer.Kind.ENCODER;
    long[] labels = new long[base.labels().length];
    Arrays.fill(labels, TokenSequence.IGNORED);
    long[] types = new long[labels.length];
    List<Batch.Answer> answers = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      int at = r * base.length();
      for (TokenSequence document : rows.get(r)) {
        labels[encoder ? at : at + document.length() - 1] = 0;
        Arrays.fill(types, at + answerBegins(document), at + document.length(), 1);
        answers.add(new Batch.Answer(document.part(), document.margin()));
        at += document.length();
      }
    }
    return new Batch(
        base.rows(),
        base.length(),
        base.tokens(),
        labels,
        base.positions(),
        base.documents(),
        base.weights(),
        base.sources(),
        new Batch.Form(true, 0, segments ? types : null, null, answers));
  }

  private static int answerBegins(TokenSequence document) {
    int at = 0;
    while (at < document.length() && document.labels()[at] == TokenSequence.IGNORED) {
      at++;
    }
    return at;
  }
}
