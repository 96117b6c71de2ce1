package dev.luthier.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * Files of a repository at one commit, on this machine.
 *
 * @param folder in the cache; files in it are links to contents that other commits may share
 * @param commit 40 digits
 * @param files those asked for, all of which are there; empty if a cache that others filled was
 *     taken as it is
 */
public record Snapshot(Path folder, HubRepo repo, String commit, List<HubFile> files) {
  public Snapshot {
    files = List.copyOf(files);
  }

  /** Bytes in the files asked for. */
  public long bytes() {
    return files.stream().mapToLong(HubFile::size).sum();
  }
}
