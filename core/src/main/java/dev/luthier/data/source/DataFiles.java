package dev.luthier.data.source;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/** What a user names as data: a file, a folder of files, or a glob. */
public final class DataFiles {
  private static final List<String> ENDINGS =
      List.of(".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".txt");
  private static final List<String> COMPRESSED = List.of(".gz", ".zst");

  private DataFiles() {}

  /**
   * The files meant, sorted by path, so that the order is the same on every machine.
   *
   * @param named a file of any name; a folder, whose data files (by their endings, hidden ones left
   *     out) are taken, those in its folders too; or a path with {@code *}, {@code ?}, <code>{a,b}
   *     </code> or {@code **}
   * @throws LuthierException there is none
   */
  public static List<Path> of(Path named) {
    if (Files.isRegularFile(named)) {
      return List.of(named);
    }
    if (Files.isDirectory(named)) {
      List<Path> found =
          below(named, Integer.MAX_VALUE, file -> isData(file) && !hidden(named, file));
      if (found.isEmpty()) {
        throw new LuthierException(
            "Expected data files in the folder "
                + named
                + " ("
                + String.join(", ", ENDINGS)
                + ", with .gz or .zst or without), found none.");
      }
      return found;
    }
    if (!isPattern(named)) {
      throw new LuthierException("Expected a data file or folder at " + named + ", found none.");
    }
    List<Path> found = matching(named);
    if (found.isEmpty()) {
      throw new LuthierException("Expected files that match " + named + ", found none.");
    }
    return found;
  }

  private static List<Path> matching(Path glob) {
    Path root = Optional.ofNullable(glob.getRoot()).orElse(Path.of(""));
    int depth = glob.getNameCount();
    for (Path part : glob) {
      if (isPattern(part)) {
        break;
      }
      root = root.resolve(part);
      depth--;
    }
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    PathMatcher matcher;
    try {
      matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    } catch (PatternSyntaxException e) {
      throw new LuthierException(glob + " is no glob: " + e.getDescription() + ".", e);
    }
    return below(
        root, glob.toString().contains("**") ? Integer.MAX_VALUE : depth, matcher::matches);
  }

  private static boolean isPattern(Path path) {
    return path.toString().chars().anyMatch(c -> "*?{[".indexOf(c) >= 0);
  }

  /**
   * @param depth of folders that are looked into, the root among them
   */
  private static List<Path> below(Path root, int depth, Predicate<Path> wanted) {
    try (Stream<Path> all = Files.walk(root, depth)) {
      return all.filter(file -> Files.isRegularFile(file) && wanted.test(file)).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new LuthierException("Cannot list " + root + ": " + e.getMessage(), e);
    }
  }

  /** Whether a file's ending is one of those that are read as rows. */
  public static boolean isData(Path file) {
    String name = uncompressed(file);
    return ENDINGS.stream().anyMatch(name::endsWith);
  }

  private static boolean hidden(Path root, Path file) {
    for (Path part : root.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /** The file's name in lower case without {@code .gz} or {@code .zst}. */
  static String uncompressed(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    for (String ending : COMPRESSED) {
      if (name.endsWith(ending)) {
        return name.substring(0, name.length() - ending.length());
      }
    }
    return name;
  }
}
