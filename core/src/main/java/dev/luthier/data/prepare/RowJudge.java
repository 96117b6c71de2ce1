package dev.luthier.data.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.data.Example;
import dev.luthier.data.Examples;
import dev.luthier.data.Examples.Turn;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.privacy.Finding;
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
  private static final int SHOWN = 4000;

  Judged refused(Refusal refusal) {
    return dropped(refusal.row(), Stages.READ, "unreadable", refusal.words(), refusal.text());
  }

  Judged judge(Row row) {
    Example example = Examples.map(row.example(), cleaner);
    String prompt = said(example, role -> role.equals("user"));
    String answer = said(example, role -> role.equals("assistant") || role.equals("text"));
    Optional<Judged> dropped = oddity(row, example).or(() -> filter(row, prompt, answer));
    if (dropped.isPresent()) {
      return dropped.get();
    }
    if (action == Action.DROP) {
      List<Finding> found = personal(example);
      if (!found.isEmpty()) {
        String kind = found.get(0).kind();
        return dropped(row, Stages.PRIVACY, kind, "personal data: " + kind);
      }
    } else if (action == Action.REDACT) {
      example = Examples.map(example, personal::redact);
    }
    String text = Examples.text(example);
    List<Overlap.Hit> hits = evaluation.of(text);
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
    return new Judged.Kept(
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

  private Optional<Judged> oddity(Row row, Example example) {
    if (answers.isEmpty()) {
      return Optional.empty();
    }
    String asked = "";
    for (Turn turn : Examples.turns(example)) {
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

  private Optional<Judged> filter(Row row, String prompt, String answer) {
    return filters
        .refuse(prompt, answer)
        .map(refused -> dropped(row, Stages.FILTERS, refused.filter(), refused.reason()));
  }

  /** Of all its words, those of calls of tools too. */
  private List<Finding> personal(Example example) {
    List<Finding> found = new ArrayList<>();
    Examples.map(
        example,
        text -> {
          found.addAll(personal.find(text));
          return text;
        });
    return found;
  }

  private Judged dropped(Row row, Stages stage, String kind, String reason) {
    return dropped(row.number(), stage, kind, reason, text(row.columns()));
  }

  /** Lists of what was left out hold no personal data either, unless it may stay. */
  private Judged dropped(int row, Stages stage, String kind, String reason, String text) {
    return action == Action.KEEP
        ? new Judged.Dropped(row, stage, kind, reason, text)
        : new Judged.Dropped(row, stage, kind, personal.redact(reason), personal.redact(text));
  }

  private static String text(Map<String, @Nullable Object> columns) {
    String json;
    try {
      json = JSON.writeValueAsString(columns);
    } catch (JsonProcessingException e) {
      json = columns.toString(); // nested deeper than JSON may be
    }
    return json.length() > SHOWN ? json.substring(0, SHOWN) : json;
  }

  private static String value(Map<String, @Nullable Object> columns, Optional<String> column) {
    Object value = column.isEmpty() ? null : columns.get(column.get());
    return value == null ? "" : value.toString();
  }
}
