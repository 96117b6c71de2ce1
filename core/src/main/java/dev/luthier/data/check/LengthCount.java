package dev.luthier.data.check;

import dev.luthier.data.EncodedRow;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.check.AuditReport.Bucket;
import dev.luthier.data.check.AuditReport.Cut;
import dev.luthier.data.check.AuditReport.Lengths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Lengths of documents, and what maximum lengths would cut off. */
final class LengthCount {
  private static final int SHORTEST_MAXIMUM = 128;
  private static final int LONGEST_MAXIMUM = 131_072;
  private static final int BUCKETS = 24;

  private final TreeMap<Integer, Long> documents = new TreeMap<>();
  private final int[] maxima;
  private final long[] lost;
  private final long[] answersLost;
  private long tokens;
  private long trained;
  private long count;

  /**
   * @param maxLength looked at beside the powers of two
   */
  LengthCount(int maxLength) {
    TreeSet<Integer> all = new TreeSet<>();
    for (int length = SHORTEST_MAXIMUM; length <= LONGEST_MAXIMUM; length *= 2) {
      all.add(length);
    }
    all.add(maxLength);
    maxima = all.stream().mapToInt(Integer::intValue).toArray();
    lost = new long[maxima.length];
    answersLost = new long[maxima.length];
  }

  void add(EncodedRow document) {
    TokenSequence sequence = document.sequence();
    int length = sequence.length();
    documents.merge(length, 1L, Long::sum);
    count++;
    tokens += length;
    int all = sequence.trained();
    trained += all;
    for (int i = 0; i < maxima.length && maxima[i] < length; i++) {
      int beyond = sequence.trained(maxima[i], length);
      lost[i] += beyond;
      answersLost[i] += beyond == all ? 1 : 0;
    }
  }

  long tokens() {
    return tokens;
  }

  long trained() {
    return trained;
  }

  long documents() {
    return count;
  }

  Lengths lengths() {
    if (count == 0) {
      return new Lengths(0, 0, 0, 0, 0, 0, 0);
    }
    return new Lengths(
        documents.firstKey(),
        (double) tokens / count,
        rank(0.5),
        rank(0.9),
        rank(0.95),
        rank(0.99),
        documents.lastKey());
  }

  private int rank(double share) {
    long wanted = (long) Math.ceil(share * count);
    long seen = 0;
    for (Map.Entry<Integer, Long> length : documents.entrySet()) {
      seen += length.getValue();
      if (seen >= wanted) {
        return length.getKey();
      }
    }
    return documents.lastKey();
  }

  /**
   * Buckets of equal width, up to twice what 99 % of the documents have at most; what is longer is
   * in one more, so that a single long document does not hide how long the rest are.
   */
  List<Bucket> histogram() {
    List<Bucket> buckets = new ArrayList<>();
    if (count == 0) {
      return buckets;
    }
    int longest = documents.lastKey();
    int usual = Math.min(longest, 2 * rank(0.99));
    int width = Math.max(1, (usual + BUCKETS) / BUCKETS);
    int from = 0;
    for (; from <= usual; from += width) {
      buckets.add(bucket(from, from + width - 1));
    }
    if (from <= longest) {
      buckets.add(bucket(from, longest));
    }
    return buckets;
  }

  private Bucket bucket(int from, int to) {
    long inside =
        documents.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).sum();
    return new Bucket(from, to, inside);
  }

  /** Documents with more than so many tokens. */
  long longer(int length) {
    return documents.tailMap(length, false).values().stream().mapToLong(Long::longValue).sum();
  }

  /** The maxima that cut something, and the least that cuts nothing. */
  List<Cut> cuts() {
    List<Cut> cuts = new ArrayList<>();
    for (int i = 0; i < maxima.length; i++) {
      long longer = longer(maxima[i]);
      cuts.add(new Cut(maxima[i], longer, lost[i], answersLost[i]));
      if (longer == 0) {
        break;
      }
    }
    return cuts;
  }
}
