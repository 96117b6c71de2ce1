package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.duplicates.Clusters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
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
    int[] first = new int[unit.length];
    long all = 0;
    SortedMap<String, Long> rowsOf = new TreeMap<>();
    Map<String, List<Integer>> firstsOf = new LinkedHashMap<>();
    for (int row = 0; row < unit.length; row++) {
      if (eligible(row)) {
        int u = unit[row];
        if (size[u]++ == 0) {
          first[u] = row;
          firstsOf.computeIfAbsent(rows.stratum(row), s -> new ArrayList<>()).add(row);
        }
        rowsOf.merge(rows.stratum(first[u]), 1L, Long::sum);
        all++;
      }
    }
    Map<String, Long> eval = shared(wanted(split.eval(), all), rowsOf, all);
    Map<String, Long> test = shared(wanted(split.test(), all), rowsOf, all);
    byte[] of = new byte[unit.length];
    firstsOf.forEach(
        (stratum, firsts) -> {
          firsts.sort(Comparator.comparingLong(rows::order));
          long toEval = eval.getOrDefault(stratum, 0L);
          long toTest = test.getOrDefault(stratum, 0L);
          for (int row : firsts) {
            int u = unit[row];
            // a unit too large for what is still wanted stays in training
            if (size[u] <= toEval) {
              of[u] = EVAL;
              toEval -= size[u];
            } else if (size[u] <= toTest) {
              of[u] = TEST;
              toTest -= size[u];
            }
          }
        });
    for (int row = 0; row < unit.length; row++) {
      if (eligible(row)) {
        targets[row] = of[unit[row]];
      } else if (targets[row] == TRAIN && of[unit[row]] != TRAIN) {
        // an old row like one that is held out
        targets[row] = NOT_TAKEN;
      }
    }
  }

  private static long wanted(double setting, long all) {
    return setting < 1 ? Math.round(setting * all) : Math.min((long) setting, all);
  }

  /**
   * Shares out a number over strata in proportion to their rows; what rounding down leaves goes to
   * the largest remainders.
   */
  private static Map<String, Long> shared(long number, SortedMap<String, Long> rowsOf, long all) {
    Map<String, Long> shares = new LinkedHashMap<>();
    rowsOf.forEach((stratum, n) -> shares.put(stratum, number * n / all));
    long left = number - shares.values().stream().mapToLong(Long::longValue).sum();
    rowsOf.entrySet().stream()
        .sorted(Comparator.comparingLong(stratum -> -(number * stratum.getValue() % all)))
        .limit(left)
        .forEach(stratum -> shares.merge(stratum.getKey(), 1L, Long::sum));
    return shares;
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
    for (int source = 0; source < sources.size(); source++) {
      if (sources.get(source).weight().isPresent()) {
        int size = bySource.getOrDefault(source, List.of()).size();
        if (size == 0) {
          throw new LuthierException(
              "No row of "
                  + sources.get(source).path()
                  + " is left to train on, so that it cannot have its weight: take the source out,"
                  + " or loosen what drops its rows");
        }
        scale = Math.min(scale, size / sources.get(source).weight().get());
      }
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
