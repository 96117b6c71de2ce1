package dev.luthier.format;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A name beside a file or folder for what is on the way to its place or out of it. The name carries
 * the process's number, so that two processes never share one, and so that what a killed one left
 * can be told from what another is writing. Closing it deletes what still stands there.
 */
record Temporary(Path path) implements AutoCloseable {
  private static final Pattern NAME =
      Pattern.compile("\\.(.+)\\.luthier-(\\d{1,18})-\\d+\\.(tmp|old)");
  private static final AtomicLong COUNTER = new AtomicLong();

  /** Names in use by this process: a killed one may have had its number, as in containers. */
  private static final Set<String> ACTIVE = ConcurrentHashMap.newKeySet();

  /** A fresh name, in a folder that has been cleaned up. */
  static Temporary beside(Path target) {
    cleanUp(parent(target));
    // File systems allow names of 255 bytes; the target's is only there to be recognised.
    String name = String.valueOf(target.toAbsolutePath().getFileName());
    return named(target, name.length() > 50 ? name.substring(0, 50) : name, "tmp");
  }

  /** Where a folder stands while its replacement comes; a clean-up puts it back. */
  static Temporary old(Path folder) {
    return named(folder, String.valueOf(folder.toAbsolutePath().getFileName()), "old");
  }

  private static Temporary named(Path target, String name, String kind) {
    long process = ProcessHandle.current().pid();
    String unique =
        "." + name + ".luthier-" + process + "-" + COUNTER.incrementAndGet() + "." + kind;
    ACTIVE.add(unique);
    return new Temporary(parent(target).resolve(unique));
  }

  static Path parent(Path path) {
    Path parent = path.toAbsolutePath().normalize().getParent();
    if (parent == null) {
      throw new IllegalArgumentException(path + " is not in a folder");
    }
    return parent;
  }

  @Override
  public void close() {
    deleteQuietly(path);
    release();
  }

  /** Leaves what stands there for whoever cleans up next. */
  void release() {
    ACTIVE.remove(String.valueOf(path.getFileName()));
  }

  static void cleanUp(Path folder) {
    List<Path> all;
    try (Stream<Path> children = Files.list(folder)) {
      all = children.filter(c -> String.valueOf(c.getFileName()).contains(".luthier-")).toList();
    } catch (IOException e) {
      // A folder that is not there, or not readable, holds nothing that could be removed.
      return;
    }
    for (Path path : all) {
      Matcher name = NAME.matcher(String.valueOf(path.getFileName()));
      if (!name.matches() || inUse(name.group(), Long.parseLong(name.group(2)))) {
        continue;
      }
      if (name.group(3).equals("old")) {
        restore(path, path.resolveSibling(name.group(1)));
      } else {
        deleteQuietly(path);
      }
    }
  }

  private static boolean inUse(String name, long process) {
    return process == ProcessHandle.current().pid()
        ? ACTIVE.contains(name)
        : ProcessHandle.of(process).isPresent();
  }

  /** A process was killed while it exchanged folders. */
  private static void restore(Path old, Path folder) {
    if (Files.exists(folder)) {
      deleteQuietly(old);
      return;
    }
    try {
      Files.move(old, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // It stays under the name that it has; nothing is lost.
      return;
    }
  }

  static void deleteTree(Path path) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(path)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    } catch (NoSuchFileException e) {
      return;
    }
    for (Path p : all) {
      Files.deleteIfExists(p);
    }
  }

  private static void deleteQuietly(Path path) {
    try {
      deleteTree(path);
    } catch (IOException | java.io.UncheckedIOException e) {
      // The failure that led here is the one to report; the next clean-up tries again.
      return;
    }
  }

  /** Forces every file to the disk, and every folder's list of names. */
  static void forceAll(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.toList();
    }
    for (Path path : all) {
      force(path);
    }
  }

  static void force(Path path) throws IOException {
    boolean posix = File.separatorChar == '/';
    // A rename is on the disk only once its folder is; Windows cannot open folders.
    if (!posix && Files.isDirectory(path)) {
      return;
    }
    // Opened to read where that suffices, for copies may be read-only.
    try (FileChannel channel =
        FileChannel.open(path, posix ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
