package dev.luthier.hub;

import dev.luthier.LuthierException;
import dev.luthier.format.Hashes;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A file on this machine that is to be pushed. Its hashes are computed once, when asked for. */
public final class LocalFile {
  private final String path;
  private final Path file;
  private final long size;
  private @Nullable String sha256;
  private @Nullable String gitOid;

  private LocalFile(String path, Path file, long size) {
    this.path = path;
    this.file = file;
    this.size = size;
  }

  /**
   * All files below a folder, by path; hidden ones and those in hidden folders are left out.
   *
   * @throws LuthierException when there is no such folder, or it cannot be read
   */
  public static List<LocalFile> below(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new LuthierException(folder + " is no folder: expected one to push");
    }
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> files =
          all.filter(f -> Files.isRegularFile(f) && !hidden(folder.relativize(f))).toList();
      List<LocalFile> out = new ArrayList<>();
      for (Path file : files) {
        String path = folder.relativize(file).toString().replace('\\', '/');
        out.add(new LocalFile(path, file, Files.size(file)));
      }
      out.sort(Comparator.comparing(LocalFile::path));
      return out;
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static boolean hidden(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /** Its path in the repository, with slashes. */
  public String path() {
    return path;
  }

  /** Where it is. */
  public Path file() {
    return file;
  }

  /** Bytes. */
  public long size() {
    return size;
  }

  /** As the hub lists it: for choices, which go by paths. */
  HubFile listed() {
    return new HubFile(path, size, "0".repeat(40), Optional.empty());
  }

  synchronized String sha256() {
    String known = sha256;
    if (known == null) {
      known = Hashes.sha256(file);
      sha256 = known;
    }
    return known;
  }

  synchronized String gitOid() {
    String known = gitOid;
    if (known == null) {
      known = HubFile.gitOid(file);
      gitOid = known;
    }
    return known;
  }

  /** Whether a file of the hub has this content. */
  boolean isSame(HubFile there) {
    return size == there.size()
        && there
            .sha256()
            .map(sha -> sha.equals(sha256()))
            .orElseGet(() -> there.oid().equals(gitOid()));
  }
}
