package dev.luthier.data.prepare;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What is known of each row that is left, beside its text: 28 bytes a row. */
final class RowTable {
  private int[] sources = new int[1024];
  private int[] files = new int[1024];
  private int[] numbers = new int[1024];
  private int[] strata = new int[1024];
  private int[] groups = new int[1024];
  private long[] orders = new long[1024];
  private int size;
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> words = new ArrayList<>();
  private final long seed;

  /**
   * @param seed of the order
   */
  RowTable(long seed) {
    this.seed = seed;
  }

  /**
   * @param source index of its source
   * @param file index of its file
   */
  void add(int source, int file, Judged.Kept row) {
    if (size == sources.length) {
      int larger = size + size / 2;
      sources = Arrays.copyOf(sources, larger);
      files = Arrays.copyOf(files, larger);
      numbers = Arrays.copyOf(numbers, larger);
      strata = Arrays.copyOf(strata, larger);
      groups = Arrays.copyOf(groups, larger);
      orders = Arrays.copyOf(orders, larger);
    }
    sources[size] = source;
    files[size] = file;
    numbers[size] = row.number();
    strata[size] = id(row.stratum());
    groups[size] = id(row.group());
    orders[size] = hash(seed, row.json());
    size++;
  }

  private int id(String word) {
    return ids.computeIfAbsent(
        word,
        w -> {
          words.add(w);
          return words.size() - 1;
        });
  }

  int size() {
    return size;
  }

  /** Index of the source it is from. */
  int source(int row) {
    return sources[row];
  }

  /** Index of the file it is from. */
  int file(int row) {
    return files[row];
  }

  /** Its number in that file. */
  int number(int row) {
    return numbers[row];
  }

  String stratum(int row) {
    return words.get(strata[row]);
  }

  String group(int row) {
    return words.get(groups[row]);
  }

  /** Its place when rows are drawn: a hash of seed and content, the same on every machine. */
  long order(int row) {
    return orders[row];
  }

  /** Whether any row has a value that it is stratified by. */
  boolean hasStrata() {
    return any(strata);
  }

  /** Whether any row has a value that keeps it together with others. */
  boolean hasGroups() {
    return any(groups);
  }

  private boolean any(int[] of) {
    return IntStream.range(0, size).anyMatch(row -> !words.get(of[row]).isEmpty());
  }

  /** FNV-1a over the bytes, finished as SplitMix64 does. */
  private static long hash(long seed, byte[] bytes) {
    long hash = 0xcbf29ce484222325L ^ (seed * 0x9e3779b97f4a7c15L);
    for (byte b : bytes) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
    return hash ^ (hash >>> 31);
  }
}
