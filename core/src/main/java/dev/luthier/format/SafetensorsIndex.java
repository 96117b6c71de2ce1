package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The weights of a model folder: one {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} lists in its {@code weight_map} (tensor name to file name).
 */
public final class SafetensorsIndex {
  static final String SUFFIX = ".safetensors";
  static final String INDEX_SUFFIX = ".safetensors.index.json";

  private SafetensorsIndex() {}

  /**
   * Opens the headers of a model folder's weights, in the order of file names. Where both a single
   * file and an index are there, the single file counts, as in transformers.
   *
   * @throws LuthierException with every missing shard, missing tensor and broken file at once
   */
  public static List<SafetensorsFile> open(Path modelFolder) {
    return open(modelFolder, "model");
  }

  /**
   * As {@link #open(Path)}, for files of another name.
   *
   * @param stem {@code model}, or {@code adapter_model}
   */
  public static List<SafetensorsFile> open(Path folder, String stem) {
    Path single = folder.resolve(stem + SUFFIX);
    if (Files.exists(single)) {
      return List.of(SafetensorsFile.open(single));
    }
    Path index = folder.resolve(stem + INDEX_SUFFIX);
    if (!Files.exists(index)) {
      throw missing(folder, stem);
    }
    return ShardIndex.open(folder, index, SUFFIX, SafetensorsFile::open);
  }

  private static LuthierException missing(Path folder, String stem) {
    if (!Files.isDirectory(folder)) {
      return new LuthierException(
          folder
              + (Files.exists(folder) ? " is a file" : " does not exist")
              + "; expected a folder with "
              + stem
              + SUFFIX);
    }
    return new LuthierException(
        folder
            + ": expected "
            + stem
            + SUFFIX
            + " or "
            + stem
            + INDEX_SUFFIX
            + ", found "
            + listed(names(folder)));
  }

  /** The first few names. */
  static String listed(List<String> names) {
    if (names.isEmpty()) {
      return "an empty folder";
    }
    String first = String.join(", ", names.subList(0, Math.min(12, names.size())));
    return names.size() > 12 ? first + " and " + (names.size() - 12) + " more" : first;
  }

  /** Names in a folder, sorted. */
  static List<String> names(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> String.valueOf(p.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be read: " + Reason.of(e), e);
    }
  }
}
