package dev.luthier.data.synthetic;

import java.util.Optional;

/**
 * A part of an answer.
 *
 * @param candidate what could be read of it
 * @param fault why it is no row; empty if it is one
 */
public record Draft(Candidate candidate, Optional<Rejection> fault) {
  /** A row. */
  static Draft of(Candidate candidate) {
    return new Draft(candidate, Optional.empty());
  }

  /** Text that is no row. */
  static Draft unreadable(Candidate candidate, String detail) {
    return new Draft(candidate, Optional.of(new Rejection("format", detail)));
  }
}
