package dev.luthier.data.prepare;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import dev.luthier.data.prepared.Manifest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How many rows there were, and what each stage did to them. */
@JsonAutoDetect(fieldVisibility = Visibility.ANY)
final class Account {
  private final Map<Stages, Counts> stages = new EnumMap<>(Stages.class);
  private long rows;

  /** What a stage did: rows that it changed or dropped, and personal data that it found. */
  @JsonAutoDetect(fieldVisibility = Visibility.ANY)
  private static final class Counts {
    private final Map<String, Long> found = new TreeMap<>();
    private final Map<String, Long> dropped = new TreeMap<>();
    private long changed;

    private void add(Counts other) {
      changed += other.changed;
      other.found.forEach((kind, n) -> found.merge(kind, n, Long::sum));
      other.dropped.forEach((kind, n) -> dropped.merge(kind, n, Long::sum));
    }
  }

  private Counts of(Stages stage) {
    return stages.computeIfAbsent(stage, s -> new Counts());
  }

  /** A row of a file. */
  void add(Judged row) {
    rows++;
    if (row.repaired()) {
      of(Stages.READ).changed++;
    }
    if (row.cleaned()) {
      of(Stages.CLEAN).changed++;
    }
    row.personal().forEach(kind -> of(Stages.PRIVACY).found.merge(kind, 1L, Long::sum));
    if (row.outcome() instanceof Judged.Dropped dropped) {
      dropped(dropped.stage(), dropped.kind());
    } else if (!row.personal().isEmpty()) {
      of(Stages.PRIVACY).changed++;
    }
  }

  /** A row that a stage left out. */
  void dropped(Stages stage, String kind) {
    of(stage).dropped.merge(kind, 1L, Long::sum);
  }

  /** The rows of another file. */
  void add(Account other) {
    rows += other.rows;
    other.stages.forEach((stage, counts) -> of(stage).add(counts));
  }

  /** Rows that came. */
  long rows() {
    return rows;
  }

  /** Rows that are left. */
  long left() {
    return stages().get(stages().size() - 1).rowsOut();
  }

  /** The stages in order. */
  List<Manifest.Stage> stages() {
    List<Manifest.Stage> all = new ArrayList<>();
    long in = rows;
    for (Stages stage : Stages.values()) {
      Counts counts = stages.getOrDefault(stage, new Counts());
      long out = in - counts.dropped.values().stream().mapToLong(Long::longValue).sum();
      all.add(
          new Manifest.Stage(
              stage.toString(),
              in,
              out,
              counts.changed,
              new TreeMap<>(counts.found),
              new TreeMap<>(counts.dropped)));
      in = out;
    }
    return all;
  }

  /** The stages that dropped rows, a line each. */
  String lost() {
    StringBuilder out = new StringBuilder();
    for (Manifest.Stage stage : stages()) {
      if (!stage.dropped().isEmpty()) {
        out.append("\n  ").append(stage.name()).append(" left out ").append(stage.dropped());
      }
    }
    return out.toString();
  }
}
