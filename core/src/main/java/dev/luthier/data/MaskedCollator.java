package dev.luthier.data;

import dev.luthier.generate.SplitMix64;
import dev.luthier.tensor.Seeds;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Rows with masked tokens, which the model is to guess where they stand: {@link MaskSettings}.
 * Which tokens these are differs from one pass over the data to the next (Liu et al., arXiv
 * 1907.11692, section 4.1) and is always the same in evaluation; it follows from the seed, the pass
 * and the document alone, not from what shares its row or batch.
 */
public final class MaskedCollator implements BatchMaker {
  private static final double MASKED = 0.8;
  private static final double RANDOM = 0.1;

  private final Collator collator;
  private final MaskSettings settings;
  private final Optional<WordStarts> words;
  private final int maskId;
  private final int[] ordinary; // what a random token may be
  private final long seed;

  /**
   * @param tokenizer which has a mask token
   * @param padToMultiple the length is rounded up to a multiple of this
   * @throws dev.luthier.LuthierException if whole words are asked for and the tokenizer does not
   *     know them
   */
  public MaskedCollator(Tokenizer tokenizer, MaskSettings settings, int padToMultiple, long seed) {
    this.maskId = tokenizer.maskId().orElseThrow();
    this.collator = new Collator(tokenizer.padId().orElse(maskId), padToMultiple);
    this.settings = settings;
    this.words = settings.wholeWord() ? Optional.of(new WordStarts(tokenizer)) : Optional.empty();
    this.ordinary =
        IntStream.range(0, tokenizer.vocabSize())
            .filter(id -> tokenizer.isToken(id) && !tokenizer.specialIds().contains(id))
            .toArray();
    this.seed = seed;
  }

  @Override
  public Batch make(List<List<TokenSequence>> rows, long epoch) {
    Batch plain = collator.packed(rows);
    long[] tokens = plain.tokens().clone();
    long[] labels = new long[tokens.length];
    Arrays.fill(labels, TokenSequence.IGNORED);
    for (int r = 0; r < rows.size(); r++) {
      int at = r * plain.length();
      for (TokenSequence document : rows.get(r)) {
        mask(document, epoch, at, tokens, labels);
        at += document.length();
      }
    }
    return new Batch(
        plain.rows(),
        plain.length(),
        tokens,
        labels,
        plain.positions(),
        plain.documents(),
        plain.weights(),
        plain.sources(),
        Batch.Form.IN_PLACE);
  }

  private void mask(TokenSequence document, long epoch, int at, long[] tokens, long[] labels) {
    int[] ids = document.tokens();
    // Pieces of a long text have its row's number; their tokens tell them apart.
    SplitMix64 random =
        new SplitMix64(Seeds.mix(seed, epoch, document.row(), Arrays.hashCode(ids)));
    for (int i : chosen(document, random)) {
      labels[at + i] = ids[i];
      double u = random.nextDouble();
      if (u < MASKED) {
        tokens[at + i] = maskId;
      } else if (u < MASKED + RANDOM) {
        tokens[at + i] = ordinary[below(ordinary.length, random)];
      }
    }
  }

  /** The places to guess, so many that their expected share is the one asked for, at least one. */
  private List<Integer> chosen(TokenSequence document, SplitMix64 random) {
    List<List<Integer>> units = units(document);
    int maskable = units.stream().mapToInt(List::size).sum();
    double asked = settings.probability() * maskable;
    int count = Math.max(1, (int) Math.floor(asked + random.nextDouble()));
    List<Integer> out = new ArrayList<>();
    List<Integer> first = List.of();
    for (int left = units.size(); left > 0 && out.size() < count; left--) {
      int j = below(left, random);
      List<Integer> unit = units.get(j);
      units.set(j, units.get(left - 1));
      first = first.isEmpty() ? unit : first;
      // A word that would be too much is left out, as BERT's authors do.
      if (out.size() + unit.size() <= count) {
        out.addAll(unit);
      }
    }
    return out.isEmpty() ? first : out;
  }

  /** The tokens that may be masked, alone or word by word. */
  private List<List<Integer>> units(TokenSequence document) {
    List<List<Integer>> units = new ArrayList<>();
    boolean joins = false; // whether the token before may be masked
    for (int i = 0; i < document.length(); i++) {
      boolean maskable = document.labels()[i] != TokenSequence.IGNORED;
      if (maskable) {
        int id = document.tokens()[i];
        int before = joins ? document.tokens()[i - 1] : -1;
        if (!joins || words.isEmpty() || !words.get().goesOn(before, id)) {
          units.add(new ArrayList<>());
        }
        units.get(units.size() - 1).add(i);
      }
      joins = maskable;
    }
    return units;
  }

  private static int below(int bound, SplitMix64 random) {
    return (int) (random.nextDouble() * bound);
  }
}
