package dev.luthier.cli;

import dev.luthier.eval.Evaluation;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Evaluations of the same rows, side by side. */
final class EvaluationTable {
  private EvaluationTable() {}

  /** The figures; of several evaluations, each under its name. */
  static Map<String, @Nullable Object> json(Map<String, Evaluation> results) {
    if (results.size() == 1) {
      return figures(results.values().iterator().next());
    }
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    results.forEach((name, result) -> all.put(name, figures(result)));
    return all;
  }

  private static Map<String, @Nullable Object> figures(Evaluation result) {
    Map<String, @Nullable Object> figures = new LinkedHashMap<>();
    figures.put("loss", result.loss());
    figures.put("token_accuracy", result.tokenAccuracy());
    figures.put("label_tokens", result.labelTokens());
    figures.put(
        "exact_match", result.exactMatch().isPresent() ? result.exactMatch().getAsDouble() : null);
    figures.put("answers", result.answers().size());
    return figures;
  }

  /** The figures for a person, one column for each evaluation. */
  static String text(Map<String, Evaluation> results) {
    Evaluation any = results.values().iterator().next();
    String labels = "nats per token, over " + any.labelTokens() + " tokens";
    String asked = "of " + any.answers().size() + " answers";
    String none = "(no row asks a question)";
    return line("", results, (name, of) -> name, "")
        + line("loss", results, number(Evaluation::loss), labels)
        + line("token accuracy", results, number(Evaluation::tokenAccuracy), "")
        + line(
            "exact match",
            results,
            (name, of) -> of.exactMatch().isPresent() ? format(of.exactMatch().getAsDouble()) : "-",
            any.exactMatch().isPresent() ? asked : none);
  }

  private static BiFunction<String, Evaluation, String> number(
      Function<Evaluation, Double> figure) {
    return (name, of) -> format(figure.apply(of));
  }

  private static String format(double figure) {
    return String.format(Locale.ROOT, "%.4f", figure);
  }

  private static String line(
      String label,
      Map<String, Evaluation> results,
      BiFunction<String, Evaluation, String> cell,
      String unit) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-14s", label));
    results.forEach(
        (name, of) -> line.append(String.format(Locale.ROOT, "%10s", cell.apply(name, of))));
    return (line + "  " + unit).stripTrailing() + "\n";
  }
}
