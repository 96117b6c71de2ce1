package dev.luthier.data.labels;

import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.Refusal;
import dev.luthier.data.RefusedRows;
import dev.luthier.data.RowRefused;
import dev.luthier.data.RowText;
import dev.luthier.data.source.DataFiles;
import dev.luthier.data.source.ReadOptions;
import dev.luthier.data.source.RowFile;
import dev.luthier.data.source.RowSink;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rows of files, one after another.
 *
 * @param files in their order
 * @param header whether tables begin with the names of their columns
 */
public record LabelFiles(List<Path> files, boolean header) {
  /** Of a file, a folder or a glob. */
  public static LabelFiles of(Path named, boolean header) {
    return new LabelFiles(DataFiles.of(named), header);
  }

  /** Takes rows; what it refuses is counted. */
  public interface Rows {
    /**
     * @param number of the row in all files together, from 1
     * @throws RowRefused it cannot be used
     */
    void row(int number, Map<String, @Nullable Object> columns);
  }

  /** What is told of rows that are refused. */
  public interface Refusals {
    /** One more. */
    void refused(Refusal refusal);
  }

  /** Reads all of them; returns how many there are. */
  public int read(Rows rows, Refusals refusals) {
    int[] count = {0};
    for (Path file : files) {
      new RowFile(file)
          .read(
              new ReadOptions(false, header, Optional.empty()),
              new RowSink() {
                @Override
                public void row(int number, Map<String, @Nullable Object> columns) {
                  try {
                    rows.row(++count[0], columns);
                  } catch (RowRefused e) {
                    refusals.refused(e.at(file.toString(), number, RowText.of(columns)));
                  }
                }

                @Override
                public void unreadable(int number, String reason, String hint, String text) {
                  count[0]++;
                  refusals.refused(new Refusal(file.toString(), number, reason, hint, text));
                }
              });
    }
    return count[0];
  }

  /** The same where too many refused rows are an error. */
  public int read(BadRows rule, Rows rows, Refusals refusals) {
    RefusedRows refused = new RefusedRows(rule);
    int count =
        read(
            rows,
            refusal -> {
              refused.add(refusal);
              refusals.refused(refusal);
            });
    refused.check(count);
    return count;
  }
}
