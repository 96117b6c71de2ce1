package dev.luthier.train;

import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Rows for {@link TinyLlama}: random tokens, some of them labelled. */
final class TinyRows {
  private TinyRows() {}

  /** Rows of uneven length with ragged masks, so that a mean of means would show. */
  static TrainingRows uneven(int count) {
    SplittableRandom random = new SplittableRandom(5);
    List<List<TokenSequence>> out = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      out.add(List.of(sequence(random, 3 + random.nextInt(12), r + 1)));
    }
    return new TrainingRows(out, new Collator(0));
  }

  static TokenSequence sequence(SplittableRandom random, int length, int row) {
    int[] tokens = random.ints(length, 1, 40).toArray();
    int[] labels =
        IntStream.range(0, length)
            .map(i -> i > 0 && (i == 1 || random.nextInt(4) > 0) ? tokens[i] : -100)
            .toArray();
    return new TokenSequence(tokens, labels, row);
  }
}
