package dev.luthier.recipe;

import dev.luthier.data.BatchMaker;
import dev.luthier.data.DataReport;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.TrainingData;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.train.TrainingRows;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Encoded rows of a run.
 *
 * @param rows as batches take them
 * @param report what became of the files' rows; its files' hashes name the data in {@code run.json}
 * @param lengths tokens of each document
 * @param bytes that they take in the process
 */
record SftData(TrainingRows rows, DataReport report, Supplier<IntStream> lengths, long bytes) {
  /** Rows of files, now in memory. */
  static SftData of(TrainingData data, TrainingRows rows) {
    return new SftData(
        rows,
        data.report(),
        () -> data.sequences().stream().mapToInt(TokenSequence::length),
        Training.rowBytes(data.report().files().keySet().stream().map(Path::of).toList()));
  }

  /** Rows of a prepared set, in its files. */
  static SftData of(PreparedSplit split, BatchMaker collator) {
    return of(split, new TrainingRows(split.packed(), split::sequenceLength, collator));
  }

  /** Rows of a prepared set, put together in another way. */
  static SftData of(PreparedSplit split, TrainingRows rows) {
    return new SftData(
        rows,
        split.report(),
        () -> IntStream.range(0, split.documents()).map(split::length),
        split.residentBytes());
  }

  /** Documents of more tokens than that. */
  long longerThan(int tokens) {
    return report.lengths().longest() > tokens
        ? lengths.get().filter(length -> length > tokens).count()
        : 0;
  }

  /** The hashes of its files. */
  String hash() {
    return String.join(" ", report.files().values());
  }
}
