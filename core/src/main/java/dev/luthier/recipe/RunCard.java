package dev.luthier.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.data.DataReport;
import dev.luthier.format.HubOrigin;
import dev.luthier.format.ModelCard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The {@link ModelCard} of a run: nothing in it depends on the machine or the clock, so that a
 * resumed run writes the same.
 */
final class RunCard {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Map<String, String>> facts = new LinkedHashMap<>();

  /** What is known of something under a heading. */
  RunCard fact(String heading, String name, Object value) {
    facts.computeIfAbsent(heading, h -> new LinkedHashMap<>()).put(name, value.toString());
    return this;
  }

  /** The base, by name and content. */
  RunCard base(Path model, String sha256) {
    fact("Base", "name", HubOrigin.publicName(model));
    HubOrigin.of(model).ifPresent(o -> fact("Base", "revision", o.commit()));
    return fact("Base", "SHA-256", sha256);
  }

  /** The data, by content: the hashes of its files, or of the prepared set. */
  RunCard data(DataReport report, String hash) {
    return fact("Data", "version (SHA-256)", hash)
        .fact("Data", "rows", String.format(Locale.ROOT, "%,d", report.usedRows()))
        .fact("Data", "tokens", String.format(Locale.ROOT, "%,d", report.tokens()))
        .fact("Data", "trained tokens", String.format(Locale.ROOT, "%,d", report.trainedTokens()));
  }

  /** What a group of settings has other than its defaults. */
  RunCard settings(String group, Record settings) {
    for (String assignment : Settings.changed(group, settings)) {
      int equals = assignment.indexOf('=');
      fact("Settings", assignment.substring(0, equals), assignment.substring(equals + 1));
    }
    return this;
  }

  /**
   * How the run went.
   *
   * @param output where its {@code metrics.jsonl} is
   * @param results of {@code run.json}
   */
  RunCard results(Path output, Map<String, Object> results) {
    fact("Results", "steps", results.getOrDefault("steps", 0));
    fromTo(output, "loss", results.get("loss"), "training loss, nats per token");
    fromTo(output, "eval_loss", results.get("eval_loss"), "evaluation loss, nats per token");
    return this;
  }

  private void fromTo(Path output, String field, @Nullable Object end, String name) {
    if (end instanceof Number last) {
      String first = first(output, field).map(n -> number(n) + " at first, ").orElse("");
      fact("Results", name, first + number(last.doubleValue()) + " at the end");
    }
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static Optional<Double> first(Path output, String field) {
    Path metrics = output.resolve("metrics.jsonl");
    if (!Files.exists(metrics)) {
      return Optional.empty();
    }
    try {
      for (String line : Files.readAllLines(metrics)) {
        JsonNode value = JSON.readTree(line).path(field);
        if (value.isNumber()) {
          return Optional.of(value.asDouble());
        }
      }
    } catch (IOException e) {
      // The card does without where it began.
      return Optional.empty();
    }
    return Optional.empty();
  }

  /** Writes the card. */
  void write(
      Path folder,
      ModelCard.Kind kind,
      ModelCard.Use use,
      Optional<Path> base,
      List<Path> data,
      List<String> tags) {
    new ModelCard(kind, base, data, tags, use, facts).write(folder);
  }
}
