package dev.luthier.eval;

import dev.luthier.LuthierException;
import dev.luthier.data.BatchMaker;
import dev.luthier.data.Collator;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataReport;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Question;
import dev.luthier.data.Row;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.TrainingData;
import dev.luthier.data.source.DataFiles;
import dev.luthier.train.TrainingRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A data file as it is evaluated: with the labels that training would give it, and as questions.
 *
 * @param rows sequences with labels, the longest first, so that batches waste little on padding
 * @param questions the rows that end with an answer, in their order
 * @param report what became of the file's rows
 */
public record EvaluationData(TrainingRows rows, List<Question> questions, DataReport report) {
  /** Copies the list. */
  public EvaluationData {
    questions = List.copyOf(questions);
  }

  /**
   * Reads a file. Rows longer than the model's context are continued in further sequences.
   *
   * @param maxLength tokens per sequence: the model's context, or less
   * @throws LuthierException when the file cannot be read, or more than 1 % of its rows cannot be
   *     used
   */
  public static EvaluationData read(Path file, RowEncoder encoder, Format format, int maxLength) {
    return read(file, encoder, new Collator(0), format, maxLength);
  }

  /**
   * The same for a model of any kind.
   *
   * @param batches makes batches of the encoder's rows
   */
  public static EvaluationData read(
      Path file, RowEncoder encoder, BatchMaker batches, Format format, int maxLength) {
    TrainingData data = new DataPipeline(encoder, format, Overflow.SPLIT, maxLength).prepare(file);
    List<List<TokenSequence>> rows =
        data.sequences().stream()
            .sorted(Comparator.comparingInt((TokenSequence s) -> -s.length()))
            .map(List::of)
            .toList();
    List<Question> questions = new ArrayList<>();
    for (Path one : DataFiles.of(file)) {
      for (Row row : ExampleReader.read(one, format).rows()) {
        question(encoder, row).ifPresent(questions::add);
      }
    }
    return new EvaluationData(new TrainingRows(rows, batches), questions, data.report());
  }

  private static Optional<Question> question(RowEncoder encoder, Row row) {
    try {
      return encoder.question(row);
    } catch (LuthierException e) {
      return Optional.empty(); // refused when it was encoded, and reported there
    }
  }
}
