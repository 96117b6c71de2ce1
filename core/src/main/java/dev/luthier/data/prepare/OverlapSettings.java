package dev.luthier.data.prepare;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.source.DataFiles;
import java.nio.file.Path;
import java.util.List;

/**
 * Evaluation data that the set must not contain.
 *
 * @param against files, folders or globs
 * @param words words in a row that count as overlap
 */
public record OverlapSettings(
    @Setting(help = "evaluation data that rows must not overlap with: [FILE, ...]", value = "")
        List<Path> against,
    @Setting(help = "words in a row that count as overlap", value = "13") int words) {
  public OverlapSettings {
    against = List.copyOf(against);
    new Complaints().unless(words >= 1, "overlap.words", words, "must be at least 1").throwIfAny();
  }

  /** The evaluation files, in order. */
  List<Path> files() {
    return against.stream().flatMap(named -> DataFiles.of(named).stream()).toList();
  }
}
