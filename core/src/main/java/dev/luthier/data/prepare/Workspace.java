package dev.luthier.data.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The folder beside the output in which a preparation keeps what it has done, so that one that was
 * interrupted goes on where it stopped. It belongs to one combination of settings and sources; for
 * another it is emptied.
 */
final class Workspace {
  private static final String STATE = "state.json";

  private final Path folder;

  private Workspace(Path folder) {
    this.folder = folder;
  }

  /**
   * @param identity a hash of all that decides about the content
   */
  static Workspace open(Path output, String identity) {
    Path folder = folder(output);
    try {
      Path state = folder.resolve(STATE);
      if (Files.exists(folder)
          && !(Files.exists(state)
              && Json.read(state).path("identity").asText().equals(identity))) {
        AtomicFile.deleteTree(folder);
      }
      Files.createDirectories(folder);
      if (!Files.exists(state)) {
        ObjectNode json = Json.object();
        json.put("what", "work of luthier data prepare; safe to delete");
        json.put("identity", identity);
        Json.write(state, json);
      }
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be used: " + Reason.of(e), e);
    }
    return new Workspace(folder);
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
      AtomicFile.deleteTree(folder);
    } catch (IOException e) {
      throw new LuthierException(folder + " cannot be removed: " + Reason.of(e), e);
    }
  }
}
