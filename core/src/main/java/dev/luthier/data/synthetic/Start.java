package dev.luthier.data.synthetic;

import java.util.Locale;
import java.util.Optional;

/** What an instruction may begin with. */
public enum Start implements Validator {
  /** Anything. */
  ANY,
  /** A letter or digit of any script, or a Spanish opening mark. */
  WORD,
  /** An ASCII letter or digit, as Self-Instruct has it. */
  ASCII;

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    int first = candidate.instruction().isEmpty() ? ' ' : candidate.instruction().codePointAt(0);
    boolean word = Character.isLetterOrDigit(first);
    boolean passes =
        switch (this) {
          case ANY -> true;
          case WORD -> word || first == '¿' || first == '¡';
          case ASCII -> word && first < 0x80;
        };
    return Validator.unless(
        passes, "start", "the instruction begins with " + Character.toString(first));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
