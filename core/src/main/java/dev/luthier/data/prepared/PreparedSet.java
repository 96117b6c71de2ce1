package dev.luthier.data.prepared;

import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A prepared training set, open for reading. Its files are mapped when they are first read, so
 * opening takes no time and no memory, however large it is. For use by any number of threads.
 */
public final class PreparedSet {
  /** Bytes of one mapping: whole pages and whole records. */
  private static final long SEGMENT = 3L << 28;

  private final Path folder;
  private final Manifest manifest;
  private final String hash;
  private final Map<String, PreparedSplit> splits = new HashMap<>();

  private PreparedSet(Path folder, long segment) {
    this.folder = folder;
    Path file = folder.resolve(ManifestJson.FILE);
    if (Files.notExists(file)) {
      throw new LuthierException(
          folder
              + " is no prepared set: it has no "
              + ManifestJson.FILE
              + ". 'luthier data prepare' makes sets.");
    }
    this.manifest = ManifestJson.read(file);
    this.hash = manifest.hash();
    boolean packing = manifest.about().encodedWith().packing();
    manifest
        .splits()
        .forEach(
            (name, split) -> {
              SplitFiles.sizes(name, split, packing).forEach(this::check);
              split.files().forEach((f, entry) -> check(f, entry.bytes()));
              splits.put(name, new PreparedSplit(this, name, split, segment));
            });
  }

  /**
   * Opens a set.
   *
   * @throws LuthierException the folder is no set, is of another version, or a file is missing or
   *     has not the size that the manifest says; contents are not read, see {@link #verify}
   */
  public static PreparedSet open(Path folder) {
    return open(folder, SEGMENT);
  }

  /**
   * @param segment the most bytes of one mapping
   */
  static PreparedSet open(Path folder, long segment) {
    return new PreparedSet(folder, segment);
  }

  /** Whether a path is the folder of a prepared set, of whatever version. */
  public static boolean isOne(Path path) {
    Path file = path.resolve(ManifestJson.FILE);
    if (!Files.isRegularFile(file)) {
      return false;
    }
    // A manifest begins with its format, so that a damaged one is still known for what it is.
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(200), StandardCharsets.UTF_8).contains(ManifestJson.FORMAT);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** The hash that a set's manifest names, whether the set can be opened or not. */
  static String hashOf(Path folder) {
    return Json.read(folder.resolve(ManifestJson.FILE)).path("hash").asText();
  }

  private void check(String name, long expected) {
    Path file = folder.resolve(name);
    long found;
    try {
      found = Files.size(file);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
    if (found != expected) {
      throw new LuthierException(
          file
              + " has "
              + found
              + " bytes, expected "
              + expected
              + ": the set is damaged. Copy it again, or prepare it again.");
    }
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** What it holds and how it came about. */
  public Manifest manifest() {
    return manifest;
  }

  /** The version: {@link Manifest#hash}. */
  public String hash() {
    return hash;
  }

  /** The names of its splits. */
  public Set<String> splits() {
    return manifest.splits().keySet();
  }

  /**
   * A split's rows, as JSON Lines.
   *
   * @throws UsageException there is none of that name
   */
  public Path rows(String name) {
    split(name);
    return folder.resolve(name + SplitFiles.JSONL);
  }

  /**
   * A split.
   *
   * @throws UsageException there is none of that name
   */
  public PreparedSplit split(String name) {
    PreparedSplit split = splits.get(name);
    if (split == null) {
      throw new UsageException(
          folder + " has no split '" + name + "'; it has " + String.join(", ", splits()));
    }
    return split;
  }

  /** The chat template that the set carries: a Jinja file; empty where it is the model's own. */
  public Optional<Path> template() {
    return manifest.about().encodedWith().carriesTemplate()
        ? Optional.of(folder.resolve(HfFolder.CHAT_TEMPLATE))
        : Optional.empty();
  }

  /**
   * Reads every file and compares its SHA-256.
   *
   * @throws LuthierException naming each file that is not as it was written
   */
  public void verify() {
    List<String> damaged = new ArrayList<>();
    manifest
        .splits()
        .values()
        .forEach(
            split -> split.files().forEach((name, file) -> compare(name, file.sha256(), damaged)));
    template()
        .ifPresent(
            file ->
                compare(
                    file.getFileName().toString(),
                    manifest.about().encodedWith().templateHash(),
                    damaged));
    if (!damaged.isEmpty()) {
      throw new LuthierException(
          folder
              + " is damaged:\n  "
              + String.join("\n  ", damaged)
              + "\nCopy it again, or prepare it again.");
    }
  }

  private void compare(String name, String expected, List<String> damaged) {
    String found = Hashes.sha256(folder.resolve(name));
    if (!found.equals(expected)) {
      damaged.add(name + " has SHA-256 " + found + ", was written as " + expected);
    }
  }
}
