package dev.luthier.data.synthetic;

import java.util.Optional;

/**
 * Refuses outputs that only repeat the instruction or the input: Self-Instruct, arXiv 2212.10560,
 * section 2.2.
 */
final class Copied implements Validator {
  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    return repeats(candidate.output(), candidate.instruction())
        ? Optional.of(new Rejection("copy", "the output is the instruction"))
        : Validator.unless(
            !repeats(candidate.output(), candidate.input()), "copy", "the output is the input");
  }

  private static boolean repeats(String output, String text) {
    return !text.isBlank() && output.strip().equals(text.strip());
  }
}
