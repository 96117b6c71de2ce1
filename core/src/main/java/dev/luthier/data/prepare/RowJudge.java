package dev.luthier.data.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.data.Example;
import dev.luthier.data.Examples;
import dev.luthier.data.Examples.Turn;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.RowText;
import dev.luthier.data.prepare.Judged.Dropped;
import dev.luthier.data.prepare.Judged.Kept;
import dev.luthier.data.prepare.Judged.Outcome;
import dev.luthier.data.privacy.PersonalData;
import dev.luthier.data.privacy.PrivacySettings.Action;
import dev.luthier.data.quality.Answers;
import dev.luthier.data.quality.Filters;
import dev.luthier.data.quality.Overlap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The stages that look at one row at a time. Thread-safe.
 *
 * @param cleaner normalises texts
 * @param answers kinds of answers that are left out
 * @param action what happens to personal data
 * @param evaluation what rows must not overlap with
 * @param split which columns splits go by
 */
record RowJudge(
    TextCleaner cleaner,
    List<Answers.Kind> answers,
    Filters filters,
    PersonalData personal,
    Action action,
    Overlap evaluation,
    SplitSettings split) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  Judged refused(Refusal refusal) {
    Dropped dropped =
        dropped(
            refusal.row(),
            Stages.READ,
            "unreadable",
            refusal.reason(),
            refusal.hint(),
            refusal.text());
    return new Judged(dropped, false, false, List.of());
  }

  Judged judge(Row row) {
    Example cleaned = Examples.map(row.example(), cleaner);
    List<String> found = new ArrayList<>();
    Outcome outcome = outcome(row, cleaned, found);
    boolean repaired = !row.repairs().isEmpty();
    return new Judged(outcome, repaired, !cleaned.equals(row.example()), found);
  }

  /**
   * @param found takes the kinds of personal data
   */
  private Outcome outcome(Row row, Example cleaned, List<String> found) {
    String prompt = said(cleaned, role -> role.equals("user"));
    String answer = said(cleaned, role -> role.equals("assistant") || role.equals("text"));
    Optional<Dropped> dropped = oddity(row, cleaned).or(() -> filter(row, prompt, answer));
    if (dropped.isPresent()) {
      return dropped.get();
    }
    Example example =
        action == Action.KEEP
            ? cleaned
            : Examples.map(cleaned, text -> personal.redact(text, one -> found.add(one.kind())));
    if (action == Action.DROP && !found.isEmpty()) {
      String kind = found.get(0);
      return dropped(row, Stages.PRIVACY, kind, "personal data: " + kind);
    }
    List<Overlap.Hit> hits = evaluation.of(Examples.text(example));
    if (!hits.isEmpty()) {
      String kind = hits.get(0).whole() ? "same as evaluation" : "overlaps evaluation";
      String reason =
          "shares words with row " + (hits.get(0).row() + 1) + " of the evaluation data";
      return dropped(row, Stages.OVERLAP, kind, reason);
    }
    byte[] json;
    try {
      json = JSON.writeValueAsBytes(Examples.columns(example));
    } catch (JsonProcessingException e) {
      return dropped(row, Stages.CLEAN, "nested too deeply", e.getOriginalMessage());
    }
    return new Kept(
        row.number(),
        json,
        value(row.columns(), split.stratify()),
        value(row.columns(), split.group()));
  }

  private static String said(Example example, Predicate<String> role) {
    return Examples.turns(example).stream()
        .filter(turn -> role.test(turn.role()))
        .map(Turn::text)
        .collect(Collectors.joining("\n\n"));
  }

  private Optional<Dropped> oddity(Row row, Example example) {
    if (answers.isEmpty()) {
      return Optional.empty();
    }
    String asked = "";
    for (Turn turn : Examples.wanted(example)) {
      if (turn.role().equals("user")) {
        asked = turn.text();
      } else if (turn.role().equals("assistant")) {
        for (Answers.Oddity oddity : Answers.oddities(asked, turn.text())) {
          if (answers.contains(oddity.kind())) {
            String kind = oddity.kind().toString();
            return Optional.of(dropped(row, Stages.ANSWERS, kind, kind + ": " + oddity.evidence()));
          }
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Dropped> filter(Row row, String prompt, String answer) {
    return filters
        .refuse(prompt, answer)
        .map(refused -> dropped(row, Stages.FILTERS, refused.filter(), refused.reason()));
  }

  private Dropped dropped(Row row, Stages stage, String kind, String reason) {
    return dropped(row.number(), stage, kind, reason, "", RowText.of(row.columns()));
  }

  /** Lists of what was left out hold no personal data either, unless it may stay. */
  private Dropped dropped(
      int row, Stages stage, String kind, String reason, String hint, String text) {
    return action == Action.KEEP
        ? new Dropped(row, stage, kind, reason, hint, text)
        : new Dropped(row, stage, kind, personal.redact(reason), hint, personal.redact(text));
  }

  private static String value(Map<String, @Nullable Object> columns, Optional<String> column) {
    Object value = column.isEmpty() ? null : columns.get(column.get());
    return value == null ? "" : value.toString();
  }
}
