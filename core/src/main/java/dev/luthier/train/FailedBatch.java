package dev.luthier.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.data.Batch;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code OUTPUT/failed-batch.json}: the micro-batches of the step that broke a run. */
final class FailedBatch {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ROWS_SHOWN = 20;

  private FailedBatch() {}

  /** Writes it and returns the file. */
  static Path write(Path output, long step, List<Batch> batches) {
    Path file = output.resolve("failed-batch.json");
    try {
      Files.createDirectories(output);
      AtomicFile.writeText(
          file,
          JSON.writeValueAsString(
              Map.of("step", step, "batches", batches.stream().map(FailedBatch::fields).toList())));
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be written: " + Reason.of(e), e);
    }
    return file;
  }

  private static Map<String, Object> fields(Batch b) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("rows", b.rows());
    out.put("length", b.length());
    out.put("input_ids", b.tokens());
    out.put("labels", b.labels());
    out.put("position_ids", b.positions());
    out.put("documents", b.documents());
    out.put("data_rows", b.sources());
    return out;
  }

  /** The numbers of the batches' rows in the data, for a message. */
  static String rows(List<Batch> batches) {
    List<Integer> rows =
        batches.stream()
            .flatMap(b -> Arrays.stream(b.sources()).flatMapToInt(Arrays::stream).boxed())
            .toList();
    return rows.size() > ROWS_SHOWN ? rows.subList(0, ROWS_SHOWN) + " and more" : rows.toString();
  }
}
