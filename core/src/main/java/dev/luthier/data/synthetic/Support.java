package dev.luthier.data.synthetic;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses answers that their document does not bear out: of an answer's content words, the words of
 * four letters and more and those with a digit, at least a share must occur in the passage. An
 * answer of short words alone is measured by all of them.
 *
 * <p>Of "Goethe finished Faust in 1831" the content words are goethe, finished, faust and 1831. A
 * passage that has all but "finished" supports 0.75 of it.
 *
 * @param share of the content words that must occur, from 0 to 1
 */
public record Support(double share) implements Validator {
  private static final int CONTENT = 4;

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    if (candidate.evidence().isEmpty()) {
      return Optional.empty();
    }
    double found = of(candidate.output(), candidate.evidence());
    return Validator.unless(
        found >= share,
        "support",
        String.format(Locale.ROOT, "%.2f of the answer's words are in the document", found));
  }

  /** The share of an answer's content words that occur in a passage; 0 if it has no words. */
  static double of(String answer, String passage) {
    Set<String> there = new HashSet<>(WordTokens.of(passage));
    List<String> all = WordTokens.of(answer);
    List<String> content = all.stream().filter(Support::isContent).toList();
    List<String> words = content.isEmpty() ? all : content;
    return words.isEmpty()
        ? 0
        : (double) words.stream().filter(there::contains).count() / words.size();
  }

  private static boolean isContent(String word) {
    return word.length() >= CONTENT
        || word.codePoints().anyMatch(c -> Character.isDigit(c) || WordTokens.isUnspaced(c));
  }
}
