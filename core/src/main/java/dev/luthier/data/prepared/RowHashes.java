package dev.luthier.data.prepared;

import dev.luthier.format.Hashes;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The contents of a split's rows as sorted 64-bit hashes: the beginnings of the SHA-256 of their
 * JSON. Among 10^8 rows two different ones share a hash with a probability of 3 in 10,000.
 */
@SuppressWarnings("ArrayRecordComponent")
record RowHashes(long[] sorted) {
  static RowHashes of(Optional<PreparedSplit> split) {
    return new RowHashes(
        split.stream()
            .flatMapToLong(
                s -> IntStream.range(0, s.rows()).mapToLong(row -> hash(s.jsonBytes(row))))
            .sorted()
            .toArray());
  }

  static long hash(byte[] json) {
    return ByteBuffer.wrap(Hashes.digest().digest(json)).getLong();
  }

  int size() {
    return sorted.length;
  }

  /** How many rows have this content. */
  int count(long hash) {
    int end = hash == Long.MAX_VALUE ? sorted.length : first(hash + 1);
    return end - first(hash);
  }

  /** Where the first hash stands that is not below this one. */
  private int first(long hash) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < hash) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** How many rows are left when those of the other are taken out, each once. */
  long minus(RowHashes other) {
    long left = 0;
    int o = 0;
    for (long hash : sorted) {
      while (o < other.sorted.length && other.sorted[o] < hash) {
        o++;
      }
      if (o < other.sorted.length && other.sorted[o] == hash) {
        o++;
      } else {
        left++;
      }
    }
    return left;
  }
}
