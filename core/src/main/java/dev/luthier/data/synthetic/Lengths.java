package dev.luthier.data.synthetic;

import dev.luthier.tokenizer.Tokenizer;
import java.util.Optional;

/**
 * Bounds on lengths.
 *
 * @param minWords words of an instruction, at least
 * @param maxWords words of an instruction, at most
 * @param minChars characters of an output, at least
 * @param maxChars characters of a row, at most
 * @param maxTokens tokens of a row's three parts together, at most
 * @param tokenizer counts them; empty for no bound on tokens
 */
record Lengths(
    int minWords,
    int maxWords,
    int minChars,
    int maxChars,
    int maxTokens,
    Optional<Tokenizer> tokenizer)
    implements Validator {
  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    int words = WordTokens.of(candidate.instruction()).size();
    int chars = candidate.output().length();
    int whole = candidate.whole().length();
    if (words < minWords || words > maxWords) {
      return refused("the instruction has " + words + " words");
    }
    if (chars < minChars) {
      return refused("the output has " + chars + " characters");
    }
    if (whole > maxChars) {
      return refused("the row has " + whole + " characters");
    }
    int tokens = tokenizer.map(t -> t.encodeIds(candidate.whole(), false).length).orElse(0);
    return Validator.unless(tokens <= maxTokens, "length", "the row has " + tokens + " tokens");
  }

  private static Optional<Rejection> refused(String detail) {
    return Optional.of(new Rejection("length", detail));
  }
}
