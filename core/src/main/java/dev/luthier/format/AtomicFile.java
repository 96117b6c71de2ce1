package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * Files and folders that are there whole or not at all: written under a temporary name beside their
 * own, forced to the disk, renamed. Whatever goes wrong, what stood there before still stands. What
 * a killed process leaves behind is removed by the next write into the same folder.
 */
public final class AtomicFile {
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

  /** Writes a file whose size is not known; see {@link #write(Path, long, Content)}. */
  public static void write(Path path, Content content) {
    write(path, 0, content);
  }

  /**
   * Writes a file into a folder that exists.
   *
   * @param bytes how many there will be, for the message when the disk is full
   * @throws LuthierException if it cannot be written; what else the content throws comes through
   */
  public static void write(Path path, long bytes, Content content) {
    try (Temporary temporary = Temporary.beside(path)) {
      try (FileChannel channel =
          FileChannel.open(
              temporary.path(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary.path(), path, StandardCopyOption.ATOMIC_MOVE);
      Temporary.force(Temporary.parent(path));
    } catch (IOException e) {
      throw failed(path, bytes, e);
    }
  }

  /** Writes a text file in UTF-8. */
  public static void writeText(Path path, String text) {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    write(path, bytes.remaining(), channel -> SafetensorsWriter.writeFully(channel, bytes));
  }

  /**
   * Copies a file into a folder that exists.
   *
   * @throws LuthierException if it cannot be read or written
   */
  public static void copy(Path from, Path to) {
    try (FileChannel in = FileChannel.open(from)) {
      long size = in.size();
      write(
          to,
          size,
          out -> {
            for (long at = 0; at < size; ) {
              long moved = in.transferTo(at, size - at, out);
              if (moved == 0) {
                throw new IOException(from + " became shorter while it was copied");
              }
              at += moved;
            }
          });
    } catch (IOException e) {
      throw new LuthierException(from + " cannot be read: " + Reason.of(e), e);
    }
  }

  /**
   * Writes a folder, and those above it that are not there, replacing one of that name.
   *
   * @throws LuthierException if it cannot be written; what else the content throws comes through
   */
  public static void writeFolder(Path path, FolderContent content) {
    try (Temporary temporary = Temporary.beside(path)) {
      Files.createDirectories(temporary.path());
      fill(temporary.path(), path, content);
      Temporary.forceAll(temporary.path());
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        exchange(temporary.path(), path);
      } else {
        Files.move(temporary.path(), path, StandardCopyOption.ATOMIC_MOVE);
      }
      Temporary.force(Temporary.parent(path));
    } catch (IOException e) {
      throw failed(path, 0, e);
    }
  }

  /** What goes wrong in the temporary folder is told under the name that the folder was to have. */
  private static void fill(Path temporary, Path folder, FolderContent content) throws IOException {
    try {
      content.writeTo(temporary);
    } catch (LuthierException e) {
      String message = String.valueOf(e.getMessage());
      throw new LuthierException(message.replace(temporary.toString(), folder.toString()), e);
    }
  }

  /** Folders, unlike files, are not replaced by a rename: the old one has to step aside. */
  private static void exchange(Path from, Path to) throws IOException {
    Temporary old = Temporary.old(to);
    try {
      Files.move(to, old.path(), StandardCopyOption.ATOMIC_MOVE);
      try {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        Files.move(old.path(), to, StandardCopyOption.ATOMIC_MOVE);
        throw e;
      }
      Temporary.force(Temporary.parent(to));
      Temporary.deleteTree(old.path());
    } finally {
      // Not closed: if the old folder could not be put back, it must not be deleted either.
      old.release();
    }
  }

  /**
   * Works in a folder beside a file, which is deleted afterwards; if the process is killed, by the
   * next write.
   *
   * @throws LuthierException if the folder cannot be made, or the work fails to read or write
   */
  public static void inTemporaryFolder(Path beside, FolderContent work) {
    try (Temporary temporary = Temporary.beside(beside)) {
      Files.createDirectories(temporary.path());
      work.writeTo(temporary.path());
    } catch (IOException e) {
      throw failed(beside, 0, e);
    }
  }

  /**
   * Deletes a folder and all in it, so that under its name it is never found half deleted; nothing
   * happens if it is not there.
   */
  public static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Temporary gone = Temporary.beside(folder)) {
      Files.move(folder, gone.path(), StandardCopyOption.ATOMIC_MOVE);
      Temporary.deleteTree(gone.path());
    }
  }

  /**
   * Removes what killed processes left in a folder, and puts back a folder that was to be replaced
   * when its replacement never came. Writing into the folder does the same.
   */
  public static void cleanUp(Path folder) {
    Temporary.cleanUp(folder);
  }

  private static LuthierException failed(Path path, long bytes, IOException e) {
    return new LuthierException(
        path
            + " cannot be written: "
            + (e instanceof NoSuchFileException ? "its folder does not exist" : Reason.of(e))
            + ". What stood there before is unchanged. "
            + space(path, bytes)
            + "choose another --output.",
        e);
  }

  /** How much room is lacking, if that may be the reason. */
  private static String space(Path path, long bytes) {
    long free = freeSpace(path);
    if (free >= Math.max(bytes, 1 << 20)) {
      return "Correct that, or ";
    }
    return bytes == 0
        ? String.format(Locale.ROOT, "The disk has %,d bytes free: make room, or ", free)
        : String.format(
            Locale.ROOT,
            "It needs %,d bytes and the disk has %,d free: make room, or ",
            bytes,
            free);
  }

  /**
   * Bytes free on the disk of a path, or of the nearest folder above it that exists; more than any
   * file needs if the system does not tell.
   */
  public static long freeSpace(Path path) {
    try {
      Path there = path.toAbsolutePath();
      while (!Files.exists(there)) {
        there = Temporary.parent(there);
      }
      return Files.getFileStore(there).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }
}
