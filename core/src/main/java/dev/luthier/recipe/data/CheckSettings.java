package dev.luthier.recipe.data;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.DataSettings;
import dev.luthier.data.duplicates.DuplicateSettings;
import dev.luthier.data.privacy.PrivacySettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An audit of a training set.
 *
 * @param model the folder whose tokenizer and template the set is for
 * @param inputs files, folders or globs
 * @param evaluation the evaluation data: files, folders or globs
 * @param by a column whose balance is looked at, beside those with usual names
 * @param examples rows that the report shows
 * @param threads that judge rows; 0 means one per core
 * @param data how a run would read and encode
 * @param duplicates which rows count as duplicates
 * @param privacy which personal data is looked for
 */
public record CheckSettings(
    @Setting(help = "the model's folder (--model)") Path model,
    @Setting(help = "files, folders or globs of rows (--data)") List<Path> inputs,
    @Setting(help = "the same of evaluation rows (--eval-data)", value = "") List<Path> evaluation,
    @Setting(help = "a column whose balance is looked at (--by)") Optional<String> by,
    @Setting(help = "rows that the report shows", value = "6") int examples,
    @Setting(help = "threads; 0 means one per core", value = "0") int threads,
    DataSettings data,
    DuplicateSettings duplicates,
    PrivacySettings privacy) {
  /** Checks everything at once. */
  public CheckSettings {
    inputs = List.copyOf(inputs);
    evaluation = List.copyOf(evaluation);
    new Complaints()
        .unless(!inputs.isEmpty(), "inputs", "empty", "must name the rows: --data FILE")
        .unless(threads >= 0, "threads", threads, "must be 0 or more")
        .unless(examples >= 0, "examples", examples, "must be 0 or more")
        .throwIfAny();
  }
}
