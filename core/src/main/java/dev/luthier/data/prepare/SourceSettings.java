package dev.luthier.data.prepare;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.DataSettings.Format;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where rows come from.
 *
 * @param path a file, a folder, a glob, or a prepared set, whose training rows are taken
 * @param format what the rows look like
 * @param columns our name of a column to the file's
 * @param roles a role as the file has it to ours
 * @param header whether CSV and TSV files begin with column names
 * @param query SQL instead of all rows
 * @param limit rows read at most
 * @param weight its share of the training rows among the sources that have one
 * @param replay old rows for each new one, of those without this setting
 */
public record SourceSettings(
    @Setting(help = "a file, a folder, a glob, or a prepared set") Path path,
    @Setting(help = "what the rows look like; see data.format", value = "auto") Format format,
    @Setting(help = "our name of a column to the file's", value = "") Map<String, String> columns,
    @Setting(help = "a role as the file has it to ours", value = "") Map<String, String> roles,
    @Setting(help = "whether CSV and TSV files begin with column names", value = "true")
        boolean header,
    @Setting(help = "SQL (DuckDB) over the file, which is the table data, instead of all its rows")
        Optional<String> query,
    @Setting(help = "rows read at most") Optional<Integer> limit,
    @Setting(help = "its share of the training rows, relative to the other sources' weights")
        Optional<Double> weight,
    @Setting(help = "old data: rows of it for each row of the others, such as 0.1")
        Optional<Double> replay) {
  /** Checks everything at once. */
  public SourceSettings {
    Complaints complaints = new Complaints();
    weight.ifPresent(w -> complaints.unless(w > 0, "sources.weight", w, "must be positive"));
    replay.ifPresent(r -> complaints.unless(r > 0, "sources.replay", r, "must be positive"));
    limit.ifPresent(n -> complaints.unless(n > 0, "sources.limit", n, "must be positive"));
    if (weight.isPresent() && replay.isPresent()) {
      complaints.add("sources: a source has weight or replay, not both (" + path + ")");
    }
    complaints.throwIfAny();
  }
}
