package dev.luthier.data.synthetic;

import java.util.Locale;
import java.util.Optional;

/**
 * Refuses what is near to a row kept before, or to a seed: ROUGE-L at a limit or above, 0.7 in
 * Self-Instruct.
 */
public final class Novelty implements Validator {
  private static final int SHOWN = 80;

  private final RougeL known = new RougeL();
  private final double limit;

  /**
   * @param limit what has this ROUGE-L with a known text is refused
   */
  public Novelty(double limit) {
    this.limit = limit;
  }

  /** A text that is known from the start. */
  public void know(String text) {
    known.add(text);
  }

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    return known
        .nearest(candidate.novel(), limit)
        .map(
            match ->
                new Rejection(
                    "novelty",
                    String.format(
                        Locale.ROOT, "ROUGE-L %.3f with: %s", match.f(), shown(match.text()))));
  }

  @Override
  public void kept(Candidate candidate) {
    known.add(candidate.novel());
  }

  private static String shown(String text) {
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
  }
}
