package dev.luthier.data.prepare;

import dev.luthier.data.duplicates.Clusters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which split each row goes to. Rows are ordered by a hash of their content and the seed, never by
 * where they stand, so a row that is added or goes moves few others.
 */
final class Targets {
  /** Splits by number. */
  static final List<String> SPLITS = List.of("train", "eval", "test");

  static final byte TRAIN = 0;
  static final byte EVAL = 1;
  static final byte TEST = 2;

  /** The row repeats another. */
  static final byte DUPLICATE = -1;

  /** Mixing did not take the row. */
  static final byte NOT_TAKEN = -2;

  private final SplitSettings split;
  private final List<SourceSettings> sources;
  private final RowTable rows;
  private final byte[] targets;

  private Targets(SplitSettings split, List<SourceSettings> sources, RowTable rows) {
    this.split = split;
    this.sources = sources;
    this.rows = rows;
    this.targets = new byte[rows.size()];
  }

  /**
   * @param sources the row table's sources by index
   * @param clusters which rows repeat or nearly repeat which
   * @param drop which of them are left out
   * @return for each row a split's number, {@link #DUPLICATE} or {@link #NOT_TAKEN}
   */
  static byte[] of(
      SplitSettings split,
      List<SourceSettings> sources,
      RowTable rows,
      Clusters clusters,
      CleanSettings.Duplicates drop) {
    Targets targets = new Targets(split, sources, rows);
    targets.dropDuplicates(clusters, drop);
    targets.holdOut(targets.units(clusters));
    targets.mix();
    targets.replay();
    return targets.targets;
  }

  private void dropDuplicates(Clusters clusters, CleanSettings.Duplicates drop) {
    for (int row = 0; row < targets.length; row++) {
      boolean repeats =
          switch (drop) {
            case NEAR -> !clusters.stays(row);
            case EXACT -> clusters.copy(row);
            case NONE -> false;
          };
      targets[row] = repeats ? DUPLICATE : TRAIN;
    }
  }

  /** For each row the first row of all that must stay in one split with it. */
  private int[] units(Clusters clusters) {
    int[] unit = new int[targets.length];
    for (int row = 0; row < unit.length; row++) {
      unit[row] = clusters.cluster(row);
    }
    if (split.group().isPresent()) {
      Map<String, Integer> first = new HashMap<>();
      for (int row = 0; row < unit.length; row++) {
        String group = rows.group(row);
        if (!group.isEmpty()) {
          int root = root(unit, row);
          int other = root(unit, first.computeIfAbsent(group, g -> root));
          unit[Math.max(root, other)] = Math.min(root, other);
        }
      }
      for (int row = 0; row < unit.length; row++) {
        unit[row] = root(unit, row);
      }
    }
    return unit;
  }

  private static int root(int[] unit, int row) {
    int at = row;
    while (unit[at] != at) {
      unit[at] = unit[unit[at]];
      at = unit[at];
    }
    return at;
  }

  private void holdOut(int[] unit) {
    if (split.eval() == 0 && split.test() == 0) {
      return;
    }
    int[] size = new int[unit.length];
    long all = 0;
    Map<String, Long> rowsOf = new TreeMap<>();
    Map<String, List<Integer>> unitsOf = new TreeMap<>();
    for (int row = 0; row < unit.length; row++) {
      if (eligible(row)) {
        if (size[unit[row]]++ == 0) {
          unitsOf.computeIfAbsent(rows.stratum(unit[row]), s -> new ArrayList<>()).add(unit[row]);
        }
        rowsOf.merge(rows.stratum(unit[row]), 1L, Long::sum);
        all++;
      }
    }
    byte[] of = new byte[unit.length];
    for (Map.Entry<String, List<Integer>> stratum : unitsOf.entrySet()) {
      double part = (double) rowsOf.getOrDefault(stratum.getKey(), 0L) / all;
      long eval = wanted(split.eval(), part, all);
      long test = wanted(split.test(), part, all);
      stratum.getValue().sort(Comparator.comparingLong(rows::order));
      long held = 0;
      long tested = 0;
      for (int u : stratum.getValue()) {
        // a unit too large for what is still wanted stays in training
        if (held + size[u] <= eval) {
          of[u] = EVAL;
          held += size[u];
        } else if (tested + size[u] <= test) {
          of[u] = TEST;
          tested += size[u];
        }
      }
    }
    for (int row = 0; row < unit.length; row++) {
      if (eligible(row)) {
        targets[row] = of[unit[row]];
      }
    }
  }

  private static long wanted(double setting, double part, long all) {
    return Math.round(setting < 1 ? setting * part * all : setting * part);
  }

  private boolean eligible(int row) {
    return targets[row] == TRAIN && sources.get(rows.source(row)).replay().isEmpty();
  }

  /** Takes of each weighted source so much that none runs out and the shares are as asked. */
  private void mix() {
    Map<Integer, List<Integer>> bySource = new LinkedHashMap<>();
    for (int row = 0; row < targets.length; row++) {
      SourceSettings source = sources.get(rows.source(row));
      if (targets[row] == TRAIN && source.weight().isPresent()) {
        bySource.computeIfAbsent(rows.source(row), s -> new ArrayList<>()).add(row);
      }
    }
    double scale = Double.MAX_VALUE;
    for (Map.Entry<Integer, List<Integer>> source : bySource.entrySet()) {
      double weight = sources.get(source.getKey()).weight().orElseThrow();
      scale = Math.min(scale, source.getValue().size() / weight);
    }
    for (Map.Entry<Integer, List<Integer>> source : bySource.entrySet()) {
      double weight = sources.get(source.getKey()).weight().orElseThrow();
      keep(source.getValue(), Math.round(weight * scale));
    }
  }

  private void replay() {
    long fresh = 0;
    Map<Integer, List<Integer>> old = new LinkedHashMap<>();
    for (int row = 0; row < targets.length; row++) {
      if (targets[row] == TRAIN) {
        if (sources.get(rows.source(row)).replay().isPresent()) {
          old.computeIfAbsent(rows.source(row), s -> new ArrayList<>()).add(row);
        } else {
          fresh++;
        }
      }
    }
    for (Map.Entry<Integer, List<Integer>> source : old.entrySet()) {
      double ratio = sources.get(source.getKey()).replay().orElseThrow();
      keep(source.getValue(), Math.round(ratio * fresh));
    }
  }

  private void keep(List<Integer> of, long count) {
    of.sort(Comparator.comparingLong(rows::order));
    for (int i = (int) Math.min(count, of.size()); i < of.size(); i++) {
      targets[of.get(i)] = NOT_TAKEN;
    }
  }

  /** How many rows have each target, from {@link #NOT_TAKEN} to {@link #TEST}. */
  static long[] counts(byte[] targets) {
    long[] counts = new long[TEST - NOT_TAKEN + 1];
    for (byte target : targets) {
      counts[target - NOT_TAKEN]++;
    }
    return counts;
  }
}
