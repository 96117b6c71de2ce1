package dev.luthier.export;

import java.util.List;

/**
 * What a {@link SelfTest} found.
 *
 * @param lines for people
 * @param problems why the export cannot be trusted; empty if it can
 * @param notChecked what could not be tried, and why; empty where everything was
 * @param divergence nats per token; of encoders 1 less the cosine of hidden states; NaN if neither
 *     was measured
 * @param largest difference between two logits, or numbers of hidden states; NaN likewise
 */
public record SelfTestReport(
    List<String> lines,
    List<String> problems,
    List<String> notChecked,
    double divergence,
    double largest) {
  /** Copies the lists. */
  public SelfTestReport {
    lines = List.copyOf(lines);
    problems = List.copyOf(problems);
    notChecked = List.copyOf(notChecked);
  }
}
