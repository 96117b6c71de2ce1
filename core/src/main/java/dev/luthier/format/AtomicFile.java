package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files and folders that are there whole or not at all: written under a temporary name, forced to
 * the disk, renamed. Whatever goes wrong, what stood there before still stands.
 */
public final class AtomicFile {
  private static final boolean POSIX = File.separatorChar == '/';

  private AtomicFile() {}

  /** Writes a file's content. */
  public interface Content {
    /** Writes everything; the channel is forced and closed by the caller. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Fills a folder. */
  public interface FolderContent {
    /** Writes files into the folder. */
    void writeTo(Path folder) throws IOException;
  }

  /** Writes a file. */
  public static void write(Path path, Content content) {
    Path temporary = path.resolveSibling("." + path.getFileName() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      move(temporary, path);
    } catch (IOException e) {
      throw failed(path, e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  /** Writes a text file in UTF-8. */
  public static void writeText(Path path, String text) {
    write(
        path,
        channel -> {
          ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /** Writes a folder, replacing one of that name. */
  public static void writeFolder(Path path, FolderContent content) {
    Path temporary = path.resolveSibling("." + path.getFileName() + ".tmp");
    Path old = path.resolveSibling("." + path.getFileName() + ".old");
    try {
      deleteTree(temporary);
      Files.createDirectories(temporary);
      content.writeTo(temporary);
      force(temporary);
      replace(temporary, path, old);
    } catch (IOException e) {
      throw failed(path, e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  private static void replace(Path temporary, Path path, Path old) throws IOException {
    boolean replaced = Files.exists(path);
    if (replaced) {
      deleteTree(old);
      Files.move(path, old, StandardCopyOption.ATOMIC_MOVE);
    }
    try {
      move(temporary, path);
    } catch (IOException e) {
      if (replaced && !Files.exists(path)) {
        Files.move(old, path, StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
    deleteTree(old);
  }

  /** Deletes a folder and all in it; nothing happens if it is not there. */
  public static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path p : all) {
      Files.deleteIfExists(p);
    }
  }

  /**
   * Forces what a folder holds; opened to read where that suffices, for copies may be read-only.
   */
  private static void force(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      if (Files.isDirectory(path)) {
        forceDirectory(path);
      } else {
        try (FileChannel channel =
            FileChannel.open(path, POSIX ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path parent = to.toAbsolutePath().getParent();
    if (parent != null) {
      forceDirectory(parent);
    }
  }

  /**
   * The rename itself is on the disk only once the directory is; Windows cannot open directories.
   */
  private static void forceDirectory(Path directory) throws IOException {
    if (POSIX) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static LuthierException failed(Path path, IOException e) {
    return new LuthierException(
        path
            + " cannot be written: "
            + (e instanceof NoSuchFileException ? "its folder does not exist" : Reason.of(e))
            + ". What stood there before is unchanged. Free space or choose another --output.",
        e);
  }

  private static void deleteQuietly(Path path) {
    try {
      deleteTree(path);
    } catch (IOException e) {
      // The failure that led here is the one to report.
      return;
    }
  }
}
