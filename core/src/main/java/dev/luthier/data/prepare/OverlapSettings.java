package dev.luthier.data.prepare;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.source.DataFiles;
import java.nio.file.Path;
import java.util.List;

/**
 * Evaluation data that the set must not contain.
 *
 * @param against files, folders, globs, or prepared sets: of a set the splits that are held out, or
 *     all of it if it has none
 * @param words words in a row that count as overlap
 */
public record OverlapSettings(
    @Setting(
            help = "evaluation data that rows must not overlap with: [FILE, ...]; or prepared sets",
            value = "")
        List<Path> against,
    @Setting(help = "words in a row that count as overlap", value = "13") int words) {
  public OverlapSettings {
    against = List.copyOf(against);
    new Complaints().unless(words >= 1, "overlap.words", words, "must be at least 1").throwIfAny();
  }

  /** The evaluation files, in order. */
  List<Path> files() {
    return against.stream().flatMap(named -> files(named).stream()).toList();
  }

  /** The files of one of them. */
  static List<Path> files(Path named) {
    if (!PreparedSet.isOne(named)) {
      return DataFiles.of(named);
    }
    PreparedSet set = PreparedSet.open(named);
    List<String> held = set.splits().stream().filter(split -> !split.equals("train")).toList();
    return (held.isEmpty() ? List.copyOf(set.splits()) : held)
        .stream().map(split -> set.split(split).jsonl()).toList();
  }
}
