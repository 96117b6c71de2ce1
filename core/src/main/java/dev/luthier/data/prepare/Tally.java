package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.Example;
import dev.luthier.data.Example.Preference;
import dev.luthier.data.Example.Text;
import dev.luthier.data.Example.Unpaired;
import dev.luthier.data.duplicates.Clusters;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.Manifest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The account of all stages. */
final class Tally {
  private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
  private List<Piece.Account> accounts = List.of();
  private final Map<String, Long> refused = new TreeMap<>();
  private long encoded;
  private long tooLong;
  private long exact;
  private long near;

  void accounts(List<Piece.Account> all) {
    accounts = all;
  }

  /** Rows of all files. */
  long rows() {
    return accounts.stream().mapToLong(Piece.Account::rows).sum();
  }

  /** Rows of a file. */
  long rows(int file) {
    return accounts.get(file).rows();
  }

  /** What a row would be used for. */
  static Kind kind(Example example) {
    if (example instanceof Preference) {
      return Kind.PREFERENCE;
    }
    if (example instanceof Unpaired) {
      return Kind.UNPAIRED;
    }
    return example instanceof Text ? Kind.TEXT : Kind.SFT;
  }

  void add(Kind kind) {
    kinds.add(kind);
  }

  /**
   * What the set is for.
   *
   * @throws LuthierException its rows are for different things
   */
  Kind kind() {
    if (kinds.equals(EnumSet.of(Kind.SFT, Kind.TEXT))) {
      return Kind.SFT;
    }
    if (kinds.size() > 1) {
      throw new LuthierException(
          "The rows are for different kinds of training ("
              + String.join(", ", kinds.stream().map(Kind::purpose).toList())
              + "): prepare a set for each, or declare one format (data.format).");
    }
    return kinds.iterator().next();
  }

  void duplicates(Clusters clusters, byte[] targets) {
    for (int row = 0; row < targets.length; row++) {
      if (targets[row] == Targets.DUPLICATE) {
        exact += clusters.copy(row) ? 1 : 0;
        near += clusters.copy(row) ? 0 : 1;
      }
    }
  }

  void encoded(Encoded row) {
    encoded++;
    tooLong += row.facts().tooLong() ? 1 : 0;
    if (!row.refused().isEmpty()) {
      refused.merge(shortened(row.refused()), 1L, Long::sum);
    }
  }

  /** Reasons that differ only in what they quote are counted together. */
  private static String shortened(String reason) {
    String plain = reason.replaceAll("\"[^\"]*\"", "...").replaceAll("\\d+", "N");
    return plain.length() > 100 ? plain.substring(0, 100) + "..." : plain;
  }

  long encoded() {
    return encoded;
  }

  long tooLong() {
    return tooLong;
  }

  /** The stages in order, each with the rows that came, went on and were dropped. */
  List<Manifest.Stage> stages(byte[] targets) {
    List<Manifest.Stage> stages = new ArrayList<>();
    long rows = rows();
    for (Stages stage :
        List.of(
            Stages.READ,
            Stages.CLEAN,
            Stages.ANSWERS,
            Stages.FILTERS,
            Stages.PRIVACY,
            Stages.OVERLAP)) {
      Map<String, Long> dropped = new TreeMap<>();
      for (Piece.Account account : accounts) {
        account
            .dropped()
            .getOrDefault(stage, Map.of())
            .forEach((kind, count) -> dropped.merge(kind, count, Long::sum));
      }
      rows = stage(stages, stage, rows, dropped);
    }
    Map<String, Long> repeated = new TreeMap<>();
    if (exact > 0) {
      repeated.put("exact", exact);
    }
    if (near > 0) {
      repeated.put("near", near);
    }
    rows = stage(stages, Stages.DUPLICATES, rows, repeated);
    long notTaken = Targets.counts(targets)[0];
    rows =
        stage(stages, Stages.MIX, rows, notTaken == 0 ? Map.of() : Map.of("not taken", notTaken));
    stage(stages, Stages.ENCODE, rows, refused);
    return stages;
  }

  /** The stages that dropped rows, a line each. */
  String lost(byte[] targets) {
    StringBuilder out = new StringBuilder();
    for (Manifest.Stage stage : stages(targets)) {
      if (!stage.dropped().isEmpty()) {
        out.append("\n  ").append(stage.name()).append(" left out ").append(stage.dropped());
      }
    }
    return out.toString();
  }

  private static long stage(
      List<Manifest.Stage> stages, Stages stage, long rows, Map<String, Long> dropped) {
    long left = rows - dropped.values().stream().mapToLong(Long::longValue).sum();
    stages.add(Manifest.Stage.of(stage.toString(), rows, left, dropped));
    return left;
  }
}
