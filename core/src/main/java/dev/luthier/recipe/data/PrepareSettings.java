package dev.luthier.recipe.data;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.DataSettings;
import dev.luthier.data.duplicates.DuplicateSettings;
import dev.luthier.data.prepare.AnswerSettings;
import dev.luthier.data.prepare.CleanSettings;
import dev.luthier.data.prepare.OverlapSettings;
import dev.luthier.data.prepare.SourceSettings;
import dev.luthier.data.prepare.SplitSettings;
import dev.luthier.data.privacy.PrivacySettings;
import dev.luthier.data.quality.FilterSettings;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/**
 * From sources to a prepared set.
 *
 * @param model the folder whose tokenizer and template the set is for
 * @param output the set's folder
 * @param sources where rows come from
 * @param seed of draws: splits, mixing, replay
 * @param date the day that templates print; empty means today
 * @param threads that work on rows; 0 means one per core
 * @param clean how texts are normalised, and which repetitions go
 * @param answers which suspicious answers go
 * @param filters which rows go for their texts
 * @param privacy what happens to personal data
 * @param overlap evaluation data that the set must not contain
 * @param duplicates which rows count as duplicates
 * @param split which rows are held out
 * @param data how rows are read and encoded
 */
public record PrepareSettings(
    @Setting(help = "the model's folder (--model)") Path model,
    @Setting(help = "the set's folder (--output)") Path output,
    @Setting(
            help =
                "where rows come from (--data): a list of path, format, columns, query, limit,"
                    + " weight, replay",
            value = "")
        List<SourceSettings> sources,
    @Setting(help = "of draws: splits, mixing, replay", value = "42") long seed,
    @Setting(help = "the day that templates print, such as 2026-01-31; today if empty")
        Optional<String> date,
    @Setting(help = "threads; 0 means one per core", value = "0") int threads,
    CleanSettings clean,
    AnswerSettings answers,
    FilterSettings filters,
    PrivacySettings privacy,
    OverlapSettings overlap,
    DuplicateSettings duplicates,
    SplitSettings split,
    DataSettings data) {
  /** Checks what no group can check alone. */
  public PrepareSettings {
    sources = List.copyOf(sources);
    Complaints complaints = new Complaints();
    complaints
        .unless(!sources.isEmpty(), "sources", "empty", "must name the rows: --data FILE")
        .unless(threads >= 0, "threads", threads, "must be 0 or more");
    date.ifPresent(day -> complaints.unless(isDay(day), "date", day, "must be such as 2026-01-31"));
    boolean weighted = sources.stream().anyMatch(s -> s.weight().isPresent());
    boolean all = sources.stream().allMatch(s -> s.weight().isPresent() || s.replay().isPresent());
    if (weighted && !all) {
      complaints.add("sources: some have a weight and some do not; give all one, or replay");
    }
    if (data.train().isPresent() || data.eval().isPresent()) {
      complaints.add("data.train and data.eval are a run's; name sources, and split.eval");
    }
    complaints.throwIfAny();
  }

  private static boolean isDay(String text) {
    try {
      LocalDate.parse(text);
      return true;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  /** The day that templates print. */
  LocalDate day() {
    return date.map(LocalDate::parse).orElseGet(LocalDate::now);
  }
}
