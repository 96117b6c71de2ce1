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
  private static final Pattern NAME = Pattern.compile("\\..*\\.luthier-(\\d{1,18})-\\d+\\.tmp");
  private static final Pattern OLD = Pattern.compile("\\.(.+)\\.luthier-old");
  private static final AtomicLong COUNTER = new AtomicLong();

  /** Those of this process: a killed one may have had the same number, as in containers. */
  private static final Set<Path> ACTIVE = ConcurrentHashMap.newKeySet();

  /** A fresh name, in a folder that exists and has been cleaned up. */
  static Temporary beside(Path target) throws IOException {
    Path parent = parent(target);
    Files.createDirectories(parent);
    cleanUp(parent);
    // File systems allow names of 255 bytes; the target's is only there to be recognised.
    String name = String.valueOf(target.toAbsolutePath().getFileName());
    String shown = name.length() > 50 ? name.substring(0, 50) : name;
    long process = ProcessHandle.current().pid();
    Path path =
        parent.resolve(
            "." + shown + ".luthier-" + process + "-" + COUNTER.incrementAndGet() + ".tmp");
    ACTIVE.add(path);
    return new Temporary(path);
  }

  /** Where a folder stands while its replacement comes. */
  static Path old(Path folder) {
    return parent(folder).resolve("." + folder.toAbsolutePath().getFileName() + ".luthier-old");
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
    ACTIVE.remove(path);
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
      String name = String.valueOf(path.getFileName());
      Matcher temporary = NAME.matcher(name);
      Matcher old = OLD.matcher(name);
      if (temporary.matches() && !inUse(path, Long.parseLong(temporary.group(1)))) {
        deleteQuietly(path);
      } else if (old.matches()) {
        restore(path, path.resolveSibling(old.group(1)));
      }
    }
  }

  private static boolean inUse(Path path, long process) {
    return process == ProcessHandle.current().pid()
        ? ACTIVE.contains(parent(path).resolve(path.getFileName()))
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
    boolean folder = Files.isDirectory(path);
    // A rename is on the disk only once its folder is; Windows cannot open folders.
    if (folder && File.separatorChar != '/') {
      return;
    }
    try (FileChannel channel =
        FileChannel.open(path, folder ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
