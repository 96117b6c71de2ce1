package dev.luthier.data.prepared;

import dev.luthier.data.prepared.Manifest.Source;
import dev.luthier.data.prepared.Manifest.Stage;
import dev.luthier.data.prepared.PreparedSplit.Lineage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What two versions of a set differ in. Rows are compared by their JSON: in memory are 8 bytes for
 * each row of both.
 *
 * @param same whether their hashes are equal
 * @param settings settings that differ, by their full key
 * @param sources files that came, went or have other content, by path
 * @param stages stages whose counts differ, by name; a name's later occurrences end in #2, #3, ...
 * @param splits by name, those of either set
 */
public record PreparedDiff(
    boolean same,
    Map<String, Change<String>> settings,
    Map<String, Change<Source>> sources,
    Map<String, Change<Stage>> stages,
    Map<String, SplitDiff> splits) {
  /** Values in two sets; empty where a set has none. */
  public record Change<T>(Optional<T> before, Optional<T> after) {}

  /**
   * A split in both sets; all zeros where a set has none of that name.
   *
   * @param rowsBefore rows of the first set
   * @param rowsAfter rows of the second set
   * @param tokensBefore tokens of the first set
   * @param tokensAfter tokens of the second set
   * @param removed rows that only the first set has
   * @param added rows that only the second set has
   */
  public record SplitDiff(
      long rowsBefore,
      long rowsAfter,
      long tokensBefore,
      long tokensAfter,
      OnlyRows removed,
      OnlyRows added) {}

  /**
   * Rows that the other set lacks; of equal rows, as many as it has fewer.
   *
   * @param count how many
   * @param first the first of them, in order
   */
  public record OnlyRows(long count, List<OnlyRow> first) {
    /** Copies the list. */
    public OnlyRows {
      first = List.copyOf(first);
    }
  }

  /**
   * A row.
   *
   * @param row from 0, in its split
   */
  public record OnlyRow(int row, Lineage lineage, String json) {}

  /**
   * Compares two sets.
   *
   * @param listed how many rows to list of each kind
   */
  public static PreparedDiff of(PreparedSet before, PreparedSet after, int listed) {
    Manifest a = before.manifest();
    Manifest b = after.manifest();
    Set<String> names = new TreeSet<>(before.splits());
    names.addAll(after.splits());
    Map<String, SplitDiff> splits = new TreeMap<>();
    for (String name : names) {
      splits.put(name, split(part(before, name), part(after, name), listed));
    }
    return new PreparedDiff(
        before.hash().equals(after.hash()),
        changes(flat(a.about()), flat(b.about())),
        changes(
            byName(a.origin().sources(), Source::path), byName(b.origin().sources(), Source::path)),
        changes(byName(a.origin().stages(), Stage::name), byName(b.origin().stages(), Stage::name)),
        splits);
  }

  private static Optional<PreparedSplit> part(PreparedSet set, String name) {
    return set.splits().contains(name) ? Optional.of(set.split(name)) : Optional.empty();
  }

  private static SplitDiff split(
      Optional<PreparedSplit> before, Optional<PreparedSplit> after, int listed) {
    RowHashes a = RowHashes.of(before);
    RowHashes b = RowHashes.of(after);
    return new SplitDiff(
        a.size(),
        b.size(),
        before.map(split -> split.counts().tokens()).orElse(0L),
        after.map(split -> split.counts().tokens()).orElse(0L),
        only(before, a, b, listed),
        only(after, b, a, listed));
  }

  private static OnlyRows only(
      Optional<PreparedSplit> split, RowHashes own, RowHashes others, int listed) {
    long count = own.minus(others);
    List<OnlyRow> first = new ArrayList<>();
    Map<Long, Integer> seen = new LinkedHashMap<>();
    long wanted = Math.min(count, listed);
    for (int row = 0; first.size() < wanted; row++) {
      PreparedSplit in = split.orElseThrow();
      long hash = RowHashes.hash(in.jsonBytes(row));
      int excess = own.count(hash) - others.count(hash);
      if (excess > 0 && seen.merge(hash, 1, Integer::sum) <= excess) {
        first.add(new OnlyRow(row, in.lineage(row), in.json(row)));
      }
    }
    return new OnlyRows(count, first);
  }

  private static <T> Map<String, Change<T>> changes(Map<String, T> before, Map<String, T> after) {
    Set<String> keys = new LinkedHashSet<>(before.keySet());
    keys.addAll(after.keySet());
    Map<String, Change<T>> out = new LinkedHashMap<>();
    for (String key : keys) {
      if (!Objects.equals(before.get(key), after.get(key))) {
        out.put(
            key,
            new Change<>(
                Optional.ofNullable(before.get(key)), Optional.ofNullable(after.get(key))));
      }
    }
    return out;
  }

  private static <T> Map<String, T> byName(List<T> all, Function<T, String> name) {
    Map<String, T> out = new LinkedHashMap<>();
    for (T each : all) {
      String key = name.apply(each);
      for (int n = 2; out.containsKey(key); n++) {
        key = name.apply(each) + "#" + n;
      }
      out.put(key, each);
    }
    return out;
  }

  private static Map<String, String> flat(Manifest.About about) {
    Map<String, String> out = new TreeMap<>();
    out.put("kind", about.kind().toString());
    out.put("tokenizer", about.encodedWith().tokenizer());
    out.put("template", about.encodedWith().templateHash());
    flatten("", about.settings(), out);
    return out;
  }

  private static void flatten(String prefix, Map<?, ?> map, Map<String, String> out) {
    map.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> group) {
            flatten(prefix + key + ".", group, out);
          } else {
            out.put(prefix + key, String.valueOf(value));
          }
        });
  }
}
