package dev.luthier.data.synthetic;

import java.util.Optional;

/** Decides whether a candidate may be kept. */
@FunctionalInterface
public interface Validator {
  /**
   * Judges.
   *
   * @return why it is refused; empty if it is not
   */
  Optional<Rejection> judge(Candidate candidate);

  /** Hears of a row that is kept. */
  default void kept(Candidate candidate) {}

  /** This one first, then another, which sees only what passed. */
  default Validator and(Validator next) {
    Validator first = this;
    return new Validator() {
      @Override
      public Optional<Rejection> judge(Candidate candidate) {
        return first.judge(candidate).or(() -> next.judge(candidate));
      }

      @Override
      public void kept(Candidate candidate) {
        first.kept(candidate);
        next.kept(candidate);
      }
    };
  }

  /** A rule that refuses what a test does not pass. */
  static Optional<Rejection> unless(boolean passes, String reason, String detail) {
    return passes ? Optional.empty() : Optional.of(new Rejection(reason, detail));
  }
}
