package dev.luthier.data.prepare;

import dev.luthier.data.DataSettings;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.source.DataFiles;
import dev.luthier.data.source.ReadOptions;
import dev.luthier.format.Hashes;
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

  /** The files of all sources, in order. */
  static List<SourceFile> of(List<SourceSettings> sources) {
    List<SourceFile> files = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      Path path = sources.get(i).path();
      List<Path> named =
          PreparedSet.isOne(path) ? List.of(path.resolve("train.jsonl")) : DataFiles.of(path);
      for (Path file : named) {
        files.add(new SourceFile(i, file, Hashes.sha256(file)));
      }
    }
    return files;
  }

  /** How it is read: as its source says, and where that says nothing, as the settings do. */
  static ExampleReader reader(SourceSettings source, DataSettings data) {
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
