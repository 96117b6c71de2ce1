package dev.luthier.data.prepare;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.source.DataFiles;
import dev.luthier.data.source.ReadOptions;
import dev.luthier.format.Hashes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One file of a source.
 *
 * @param source index of its source
 * @param path as the user wrote it, or below what they wrote
 * @param sha256 of its bytes
 */
record SourceFile(int source, Path path, String sha256) {

  /**
   * The files of all sources in order, those of replayed ones last, so that a row that is both old
   * and new counts as new. A folder or glob never means what is in the output.
   */
  static List<SourceFile> of(List<SourceSettings> sources, Path output) {
    List<SourceFile> files = new ArrayList<>();
    for (boolean replayed : new boolean[] {false, true}) {
      for (int i = 0; i < sources.size(); i++) {
        if (sources.get(i).replay().isPresent() == replayed) {
          for (Path file : named(sources.get(i).path(), output)) {
            files.add(new SourceFile(i, file, Hashes.sha256(file)));
          }
        }
      }
    }
    return files;
  }

  private static List<Path> named(Path path, Path output) {
    if (PreparedSet.isOne(path)) {
      return List.of(PreparedSet.open(path).split("train").jsonl());
    }
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    Path set = output.toAbsolutePath().normalize();
    Path work = Workspace.folder(output);
    List<Path> files = new ArrayList<>(DataFiles.of(path));
    files.removeIf(
        file -> {
          Path absolute = file.toAbsolutePath().normalize();
          return absolute.startsWith(set) || absolute.startsWith(work);
        });
    if (files.isEmpty()) {
      throw new LuthierException(
          "Expected data files at " + path + ", found none but the output's");
    }
    return files;
  }

  /**
   * How it is read: as its source says, and where that says nothing, as the settings do; of a
   * prepared set the columns have the usual names.
   */
  static ExampleReader reader(SourceSettings source, DataSettings data) {
    if (PreparedSet.isOne(source.path())) {
      return new ExampleReader(
          new ReadOptions(false, true, source.query()),
          source.format(),
          source.columns(),
          source.roles());
    }
    Map<String, String> columns = new LinkedHashMap<>(data.columns());
    columns.putAll(source.columns());
    Map<String, String> roles = new LinkedHashMap<>(data.roles());
    roles.putAll(source.roles());
    return new ExampleReader(
        new ReadOptions(
            data.badRows() == BadRows.REPAIR, source.header() && data.header(), source.query()),
        source.format() == Format.AUTO ? data.format() : source.format(),
        columns,
        roles);
  }
}
