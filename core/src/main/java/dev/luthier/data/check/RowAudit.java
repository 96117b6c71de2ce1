package dev.luthier.data.check;

import dev.luthier.Counts;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.EncodedRow;
import dev.luthier.data.Example;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.Examples;
import dev.luthier.data.Examples.Turn;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.data.RowRefused;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.check.RowFacts.Mark;
import dev.luthier.data.duplicates.Signer;
import dev.luthier.data.privacy.Finding;
import dev.luthier.data.privacy.PersonalData;
import dev.luthier.data.quality.Answers;
import dev.luthier.data.quality.Damage;
import dev.luthier.data.quality.Language;
import dev.luthier.data.quality.Overlap;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges one row at a time. Safe for use by many threads. */
final class RowAudit {
  /** Columns whose balance is looked at wherever they occur. */
  private static final List<String> BALANCED =
      List.of("label", "category", "source", "subject", "topic", "task", "type", "domain");

  private static final int LONGEST_VALUE = 80;
  private static final int SHOWN = 80;

  private final SftEncoder encoder;
  private final Signer signer;
  private final PersonalData personal;
  private final Overlap evaluation;
  private final List<String> special;
  private final Set<String> columns;
  private final int maxLength;

  RowAudit(
      SftEncoder encoder,
      Signer signer,
      PersonalData personal,
      Overlap evaluation,
      Optional<String> by,
      int maxLength) {
    this.encoder = encoder;
    this.signer = signer;
    this.personal = personal;
    this.evaluation = evaluation;
    this.maxLength = maxLength;
    this.special =
        encoder.tokenizer().specialIds().stream()
            .map(encoder.tokenizer()::token)
            .filter(token -> token.length() > 2)
            .sorted()
            .toList();
    this.columns = new LinkedHashSet<>(BALANCED);
    by.ifPresent(columns::add);
  }

  /** A row that could not be read. */
  RowFacts refused(Refusal refusal) {
    Mark mark = new Mark(Fault.UNREADABLE, "", refusal.words());
    return new RowFacts(
        refusal.row(),
        List.of(mark),
        Optional.empty(),
        true,
        List.of(),
        refusal.text(),
        Optional.empty(),
        Optional.empty(),
        Map.of());
  }

  RowFacts judge(Row row, Format format, boolean usual) {
    List<Mark> marks = new ArrayList<>(Conversations.marks(row.example()));
    List<EncodedRow> documents = encode(row, marks);
    List<Turn> turns = Examples.turns(row.example());
    String text = Examples.text(row.example());
    words(turns, marks);
    answers(Examples.wanted(row.example()), marks);
    overlap(text, marks);
    return new RowFacts(
        row.number(),
        marks,
        Optional.of(format),
        usual,
        documents,
        documents.isEmpty() ? text : "",
        Optional.of(signer.sign(text, Examples.tools(row.example()))),
        Language.of(text).map(Language.Guess::code),
        values(row.columns()));
  }

  private List<EncodedRow> encode(Row row, List<Mark> marks) {
    List<EncodedRow> documents = new ArrayList<>();
    try {
      for (Example part : parts(row.example())) {
        documents.add(encoder.encode(new Row(row.number(), part)));
      }
    } catch (RowRefused e) {
      Fault fault =
          e.reason().startsWith("nothing in the row") ? Fault.NOTHING_TRAINED : Fault.UNUSABLE;
      if (marks.stream().noneMatch(mark -> mark.fault() == Fault.ONE_SIDED)) {
        marks.add(new Mark(fault, "", e.reason()));
      }
      return List.of();
    }
    for (EncodedRow document : documents) {
      encoded(document, marks);
    }
    return documents;
  }

  /** What is encoded of a row: itself, both of its answers, or nothing that has no answer. */
  static List<Example> parts(Example example) {
    if (example instanceof Preference preference) {
      return List.of(preference.chosen(), preference.rejected());
    }
    if (example instanceof Unpaired unpaired) {
      return List.of(unpaired.answer());
    }
    if (example instanceof Example.Stepwise steps) {
      return List.of(new PromptCompletion(steps.prompt(), String.join("", steps.completions())));
    }
    if (example instanceof Example.Labelled labelled) {
      return List.of(new Example.Text(labelled.text()));
    }
    return List.of(example);
  }

  private void encoded(EncodedRow document, List<Mark> marks) {
    int length = document.sequence().length();
    if (length > maxLength) {
      int lost = document.sequence().trained(maxLength, length);
      once(
          marks,
          Fault.TOO_LONG,
          Counts.number(length)
              + " tokens, "
              + Counts.number(lost)
              + " trained beyond "
              + Counts.number(maxLength));
    }
    if (!document.endsWithStop()) {
      once(marks, Fault.NO_STOP, "");
    }
    if (document.unknown() > 0) {
      once(marks, Fault.UNKNOWN_TOKENS, Counts.of(document.unknown(), "token"));
    }
    if (!document.dropped().isEmpty()) {
      once(marks, Fault.TEMPLATE_DROPS, document.dropped().words());
    }
  }

  /** Both answers of a pair may have a fault; the row has it once. */
  private static void once(List<Mark> marks, Fault fault, String evidence) {
    if (marks.stream().noneMatch(mark -> mark.fault() == fault)) {
      marks.add(new Mark(fault, "", evidence));
    }
  }

  private void words(List<Turn> turns, List<Mark> marks) {
    Set<String> kinds = new LinkedHashSet<>();
    Set<Damage.Kind> damage = EnumSet.noneOf(Damage.Kind.class);
    boolean spelt = false;
    for (Turn turn : turns) {
      for (Finding finding : personal.find(turn.text())) {
        if (kinds.add(finding.kind())) {
          String evidence = masked(turn.text().substring(finding.start(), finding.end()));
          marks.add(new Mark(Fault.PERSONAL_DATA, finding.kind(), evidence));
        }
      }
      for (Damage.Spot spot : Damage.spots(turn.text())) {
        if (damage.add(spot.kind())) {
          marks.add(
              new Mark(fault(spot.kind()), "", around(turn.text(), spot.start(), spot.end())));
        }
      }
      for (String token : special) {
        int at = spelt ? -1 : turn.text().indexOf(token);
        if (at >= 0) {
          spelt = true;
          marks.add(new Mark(Fault.SPECIAL_TEXT, "", around(turn.text(), at, at + token.length())));
        }
      }
    }
  }

  private static Fault fault(Damage.Kind kind) {
    return switch (kind) {
      case MOJIBAKE -> Fault.MOJIBAKE;
      case REPLACEMENT -> Fault.REPLACEMENT;
      case CONTROL -> Fault.CONTROL;
      case INVISIBLE -> Fault.INVISIBLE;
      case MARKUP -> Fault.MARKUP;
    };
  }

  private static Fault fault(Answers.Kind kind) {
    return switch (kind) {
      case REFUSAL -> Fault.REFUSAL;
      case BOILERPLATE -> Fault.BOILERPLATE;
      case TRUNCATED -> Fault.TRUNCATED;
      case REPETITION -> Fault.REPETITION;
      case ECHO -> Fault.ECHO;
      case PLACEHOLDER -> Fault.PLACEHOLDER;
      case EMPTY -> Fault.EMPTY_ANSWER;
    };
  }

  private static void answers(List<Turn> turns, List<Mark> marks) {
    Set<Answers.Kind> seen = EnumSet.noneOf(Answers.Kind.class);
    String asked = "";
    for (Turn turn : turns) {
      if (turn.role().equals("user")) {
        asked = turn.text();
      } else if (turn.role().equals("assistant") && !turn.text().isBlank()) {
        for (Answers.Oddity oddity : Answers.oddities(asked, turn.text())) {
          if (seen.add(oddity.kind())) {
            marks.add(new Mark(fault(oddity.kind()), "", shortened(oddity.evidence())));
          }
        }
      }
    }
  }

  private void overlap(String text, List<Mark> marks) {
    List<Overlap.Hit> hits = evaluation.of(text);
    Optional<Overlap.Hit> whole = hits.stream().filter(Overlap.Hit::whole).findFirst();
    if (whole.isPresent()) {
      String words = "row " + (whole.get().row() + 1) + " of the evaluation data";
      marks.add(new Mark(Fault.EVAL_DUPLICATES, "", words));
    } else if (!hits.isEmpty()) {
      Overlap.Hit hit = hits.get(0);
      String words =
          hit.shared()
              + " of "
              + hit.of()
              + " in row "
              + (hit.row() + 1)
              + " of the evaluation data";
      marks.add(new Mark(Fault.EVAL_OVERLAP, "", words));
    }
  }

  private Map<String, String> values(Map<String, @Nullable Object> row) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String column : columns) {
      Object value = row.get(column);
      if (value instanceof String || value instanceof Number || value instanceof Boolean) {
        String text = value.toString();
        if (text.length() <= LONGEST_VALUE) {
          values.put(column, text);
        }
      }
    }
    return values;
  }

  /** Reports are read by others than the data: enough of it to find it, not to use it. */
  private static String masked(String personal) {
    int kept = Math.min(3, personal.length() / 4);
    return personal.substring(0, kept) + "*".repeat(Math.min(8, personal.length() - kept));
  }

  private static String around(String text, int start, int end) {
    int from = Math.max(0, start - 20);
    int to = Math.min(text.length(), end + 20);
    return shortened((from > 0 ? "..." : "") + text.substring(from, to));
  }

  private static String shortened(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "..." : line;
  }
}
