package dev.luthier.cli;

import dev.luthier.data.source.DataFiles;
import dev.luthier.hub.FileChoice;
import dev.luthier.hub.HubFile;
import dev.luthier.hub.Snapshot;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which files of a hub's data set are meant: those that a glob names; else all of a prepared set;
 * else those that are named as training rows; else all that can be read.
 */
final class DataSetFiles implements FileChoice {
  /** A part of the path that says train, as in {@code data/train-00000-of-00002.parquet}. */
  private static final String TRAIN = "{**/,}{,*[-_.]}train{[-_.]*,/**}";

  private static final String PREPARED = "manifest.json";
  private static final int SHOWN = 3;

  /** Beside rows, and not rows. */
  private static final Set<String> ABOUT =
      Set.of(
          "dataset_infos.json",
          "dataset_info.json",
          "dataset_dict.json",
          "state.json",
          "license.txt",
          "readme.txt",
          "requirements.txt");

  private final Optional<String> glob;
  private Optional<String> chosen;

  DataSetFiles(Optional<String> glob) {
    this.glob = glob;
    this.chosen = glob;
  }

  /** Whether a name is a file's of rows, which no repository has. */
  static boolean isFile(Path named) {
    return !named.toString().contains("@")
        && !named.toString().contains(":")
        && DataFiles.isData(named);
  }

  @Override
  public List<HubFile> of(List<HubFile> all) {
    if (glob.isPresent()) {
      return FileChoice.glob(glob.get()).of(all);
    }
    if (all.stream().anyMatch(f -> f.path().equals(PREPARED))) {
      return all;
    }
    List<HubFile> rows = all.stream().filter(f -> isRows(f.path())).toList();
    List<HubFile> train = FileChoice.glob(TRAIN).of(rows);
    chosen = train.isEmpty() ? Optional.empty() : Optional.of(TRAIN);
    return train.isEmpty() ? rows : train;
  }

  private static boolean isRows(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return DataFiles.isData(Path.of(path)) && !path.startsWith(".") && !ABOUT.contains(name);
  }

  /** What our readers are given: a file, the folder, or a glob below it. */
  Path path(Snapshot snapshot) {
    if (snapshot.files().size() == 1) {
      return snapshot.folder().resolve(snapshot.files().get(0).path());
    }
    return chosen.map(snapshot.folder()::resolve).orElse(snapshot.folder());
  }

  /** For people: how many files, and which. */
  String words(List<HubFile> files) {
    return (files.size() == 1 ? "1 file" : files.size() + " files")
        + " ("
        + files.stream().limit(SHOWN).map(HubFile::path).collect(Collectors.joining(", "))
        + (files.size() > SHOWN ? ", ..." : "")
        + ")";
  }
}
