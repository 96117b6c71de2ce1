package dev.luthier.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a {@link SelfTest} found.
 *
 * @param lines for people
 * @param problems why the export cannot be trusted; empty if it can
 * @param divergence nats per token; of encoders 1 less the cosine of hidden states
 * @param largest difference between two logits, or numbers of hidden states
 */
public record SelfTestReport(
    List<String> lines, List<String> problems, double divergence, double largest) {
  /** Differences that are named in a message. */
  private static final int NAMED = 3;

  /**
   * The most nats per token by {@code general.file_type}: several times what sound exports of small
   * models show, which lose the most, and a fraction of what a wrong one does.
   */
  private static final Map<Integer, Double> MOST =
      Map.ofEntries(
          Map.entry(0, 1e-4), // F32
          Map.entry(1, 1e-2), // F16
          Map.entry(32, 5e-2), // BF16
          Map.entry(7, 5e-2), // Q8_0
          Map.entry(18, 0.2), // Q6_K
          Map.entry(8, 0.4), // Q5_0
          Map.entry(9, 0.4),
          Map.entry(16, 0.4), // Q5_K_S
          Map.entry(17, 0.4),
          Map.entry(11, 1.5), // Q3_K_S
          Map.entry(12, 1.5),
          Map.entry(13, 1.5),
          Map.entry(10, 3.0)); // Q2_K

  private static final double MOST_OF_FOUR_BITS = 0.8;

  /** Copies the lists. */
  public SelfTestReport {
    lines = List.copyOf(lines);
    problems = List.copyOf(problems);
  }

  static SelfTestReport of(
      TokenComparison tokens, RowComparison rows, GreedyComparison greedy, int fileType) {
    List<String> lines = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    tokens(tokens, lines, problems);
    boolean encoder = Double.isNaN(rows.own());
    double most = MOST.getOrDefault(fileType, MOST_OF_FOUR_BITS);
    if (encoder) {
      lines.add(
          text(
              "hidden states at %d places: largest difference %.2g, 1 - cosine %.2g",
              rows.places(), rows.largest(), rows.divergence()));
    } else {
      lines.add(
          text(
              "%d tokens of a text: largest logit difference %.2g, KL divergence %.2g nats per"
                  + " token (at most %s), perplexity %.4f of the original and %.4f of the export",
              rows.places(), rows.largest(), rows.divergence(), most, rows.own(), rows.other()));
    }
    if (!(rows.divergence() <= most)) {
      problems.add(
          text(
              "its predictions are %.3g %s from the original's, more than %s, which is the most for"
                  + " its type",
              rows.divergence(), encoder ? "(1 - cosine)" : "nats per token", most));
    }
    if (greedy.tokens() > 0) {
      lines.add(text("greedy text: %d of %d tokens the same", greedy.same(), greedy.tokens()));
      if (fileType == 0 && greedy.same() < greedy.tokens()) {
        problems.add(
            text(
                "in float32 its greedy text differs from the original's at token %d",
                greedy.same() + 1));
      }
    }
    return new SelfTestReport(lines, problems, rows.divergence(), rows.largest());
  }

  private static void tokens(TokenComparison tokens, List<String> lines, List<String> problems) {
    int same = tokens.texts() - tokens.differences().size();
    String line = text("%d of %d awkward texts have the same tokens", same, tokens.texts());
    if (tokens.prepared() > 0) {
      line +=
          text(
              " (%d of them written first as the tokenizer prepares them, which llama.cpp does not)",
              tokens.prepared());
    }
    if (tokens.left() > 0) {
      line += text("; %d cannot be written in this vocabulary", tokens.left());
    }
    lines.add(line);
    if (same < tokens.texts()) {
      List<String> named =
          tokens.differences().subList(0, Math.min(NAMED, tokens.differences().size()));
      problems.add(
          text("%d of %d texts get other tokens: ", tokens.texts() - same, tokens.texts())
              + String.join("; ", named));
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
