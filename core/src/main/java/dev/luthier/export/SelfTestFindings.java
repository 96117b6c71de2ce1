package dev.luthier.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** Collects what becomes a {@link SelfTestReport}. */
final class SelfTestFindings {
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

  private final List<String> lines = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> notChecked = new ArrayList<>();
  private double divergence = Double.NaN;
  private double largest = Double.NaN;

  /** The most nats per token that a file of this type may lose. */
  static double most(int fileType) {
    return MOST.getOrDefault(fileType, MOST_OF_FOUR_BITS);
  }

  SelfTestReport report() {
    return new SelfTestReport(lines, problems, notChecked, divergence, largest);
  }

  void notChecked(String what) {
    notChecked.add(what);
  }

  void problem(String what) {
    problems.add(what);
  }

  void line(String format, Object... values) {
    lines.add(text(format, values));
  }

  /** What another check found, after what this one did. */
  void add(SelfTestReport other) {
    lines.addAll(other.lines());
    problems.addAll(other.problems());
    notChecked.addAll(other.notChecked());
    divergence = other.divergence();
    largest = other.largest();
  }

  void tokens(TokenComparison tokens) {
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
      problems.add(
          text("%d of %d texts get other tokens: ", tokens.texts() - same, tokens.texts())
              + named(tokens.differences()));
    }
  }

  /**
   * Predictions of the next token.
   *
   * @param how the export was run, for the line
   * @param most nats per token
   */
  void predictions(String how, RowComparison rows, double most) {
    measured(rows);
    line(
        "%d tokens of a text%s: largest logit difference %.2g, KL divergence %.2g nats per token"
            + " (at most %s), perplexity %.4f of the original and %.4f of the export",
        rows.places(), how, rows.largest(), rows.divergence(), most, rows.own(), rows.other());
    if (!(rows.divergence() <= most)) {
      problems.add(
          text(
              "its predictions are %.3g nats per token from the original's, more than %s, which is"
                  + " the most for its type",
              rows.divergence(), most));
    }
  }

  /**
   * Hidden states of an encoder.
   *
   * @param whose such as an encoder's
   * @param most 1 less the cosine
   */
  void states(String whose, RowComparison rows, double most) {
    measured(rows);
    line(
        "%shidden states at %d places: largest difference %.2g, 1 - cosine %.2g (at most %s)",
        whose, rows.places(), rows.largest(), rows.divergence(), most);
    if (!(rows.divergence() <= most)) {
      problems.add(
          text(
              "its %shidden states are %.3g (1 - cosine) from the original's, more than %s, which is"
                  + " the most for its type",
              whose, rows.divergence(), most));
    }
  }

  /**
   * What an adapter does.
   *
   * @param effect llama.cpp without and with it
   * @param difference ours and llama.cpp's, with it
   * @param most between two numbers; empty where some are rounded to few bits
   */
  void effect(RowComparison effect, RowComparison difference, OptionalDouble most) {
    // Rounding grows with the numbers; those of a small model are below 10.
    double allowed = most.orElse(Double.MAX_VALUE) * Math.max(1, difference.peak() / 10);
    line(
        "the adapter changes them by up to %.2g%s",
        effect.largest(),
        most.isPresent() ? text(" (largest difference allowed: %.2g)", allowed) : "");
    if (!(difference.largest() <= allowed)) {
      problems.add(
          text(
              "with it llama.cpp's numbers differ from ours by up to %.2g, more than %.2g",
              difference.largest(), allowed));
    }
  }

  void adapter(AdapterReadBack read) {
    line(
        "%d pairs of A and B read back by our own reader: what they add is off by %.2g at most",
        read.matrices(), read.worst());
    if (!read.differences().isEmpty()) {
      problems.add(
          text("%d pairs are not those of the adapter: ", read.differences().size())
              + named(read.differences()));
    }
  }

  private void measured(RowComparison rows) {
    divergence = rows.divergence();
    largest = rows.largest();
  }

  void greedy(GreedyComparison greedy, boolean exact) {
    if (greedy.tokens() == 0) {
      return;
    }
    line("greedy text: %d of %d tokens the same", greedy.same(), greedy.tokens());
    if (exact && greedy.same() < greedy.tokens()) {
      problems.add(
          text(
              "in float32 its greedy text differs from the original's at token %d",
              greedy.same() + 1));
    }
  }

  void stored(StoredComparison stored) {
    line(
        "%d tensors read back by our own reader: off by %.2g of their length at most",
        stored.tensors(), stored.worst());
    if (!stored.differences().isEmpty()) {
      problems.add(
          text("%d tensors are not those of the model: ", stored.differences().size())
              + named(stored.differences()));
    }
  }

  static String named(List<String> differences) {
    return String.join("; ", differences.subList(0, Math.min(NAMED, differences.size())));
  }

  static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
