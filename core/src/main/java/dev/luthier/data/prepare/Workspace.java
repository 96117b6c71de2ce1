package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The folder beside the output in which a preparation keeps what it has done, so that one that was
 * interrupted goes on where it stopped. It belongs to one combination of settings and sources,
 * which {@code state.json} names; for another it is emptied. A lock, which the system lifts when a
 * process ends in whatever way, keeps a second process out.
 */
final class Workspace implements AutoCloseable {
  private static final String STATE = "state.json";
  private static final String LOCK = "lock";

  private final Path folder;
  private final FileChannel lock;

  private Workspace(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /**
   * @param identity a hash of all that decides about the content
   * @throws UsageException a folder of that name has other things in it
   * @throws LuthierException another process works there, or the disk refuses
   */
  static Workspace open(Path output, String identity) {
    Path folder = folder(output);
    try {
      checkOwn(folder);
      Files.createDirectories(folder);
      Workspace work = new Workspace(folder, locked(folder, output));
      try {
        work.begin(identity);
      } catch (IOException | RuntimeException e) {
        work.close();
        throw e;
      }
      return work;
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be used: " + Reason.of(e), e);
    }
  }

  private static void checkOwn(Path folder) throws IOException {
    if (!Files.isDirectory(folder) || Files.exists(folder.resolve(LOCK))) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new UsageException(
            folder
                + " is needed for the work on the set, and has files that are not of luthier data"
                + " prepare: move it away, or name another --output");
      }
    }
  }

  private static FileChannel locked(Path folder, Path output) throws IOException {
    Path file = folder.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      // one that ends takes the file away with it
      if (channel.tryLock() != null && Files.exists(file)) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // held by another thread of this process
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw new LuthierException(
        folder
            + " is in use: another process is preparing "
            + output
            + ". Wait until it is done, stop it, or name another --output.");
  }

  /** Without a state, what is there is of no use. */
  private void begin(String identity) throws IOException {
    Path state = folder.resolve(STATE);
    if (Files.exists(state) && Json.read(state).path("identity").asText().equals(identity)) {
      return;
    }
    clear();
    ObjectNode json = Json.object();
    json.put("what", "work of luthier data prepare; safe to delete while none runs");
    json.put("identity", identity);
    Json.write(state, json);
  }

  private void clear() throws IOException {
    Files.deleteIfExists(folder.resolve(STATE));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (!file.endsWith(LOCK)) {
          Files.delete(file);
        }
      }
    }
  }

  /** The folder of an output. */
  static Path folder(Path output) {
    Path absolute = output.toAbsolutePath().normalize();
    return absolute.resolveSibling(absolute.getFileName() + ".preparing");
  }

  /** The pieces of so many files. */
  List<Piece> pieces(int files) {
    return IntStream.range(0, files).mapToObj(this::piece).toList();
  }

  Piece piece(int number) {
    return new Piece(folder, number);
  }

  /** Where the encoded rows of a chunk are, or will be. */
  Path chunk(int number) {
    return folder.resolve("chunk-" + number);
  }

  /** For files that are of no use afterwards. */
  Path scratch() {
    return folder;
  }

  /** Removes everything: the set is there. */
  void delete() {
    try {
      clear();
      Files.delete(folder.resolve(LOCK));
      lock.close();
      Files.delete(folder);
    } catch (DirectoryNotEmptyException e) {
      // another process has begun to work there
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be removed: " + Reason.of(e), e);
    }
  }

  /** Lets others in; what is done stays. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be closed: " + Reason.of(e), e);
    }
  }
}
