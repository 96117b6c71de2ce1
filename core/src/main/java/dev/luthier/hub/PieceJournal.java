package dev.luthier.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which pieces of a file have come, in a text file beside it: on the first line the size of a piece
 * and of the file, then the number of a piece per line. A line that a kill cut off does not count.
 */
final class PieceJournal {
  private final Path file;
  private final Set<Long> done;

  private PieceJournal(Path file, Set<Long> done) {
    this.file = file;
    this.done = done;
  }

  /**
   * Goes on with what is there, if it was for pieces of this size.
   *
   * @param data the file that the pieces are in
   */
  static PieceJournal open(Path file, Path data, long pieceBytes, long size) throws IOException {
    String head = pieceBytes + " " + size;
    if (Files.isRegularFile(file) && Files.isRegularFile(data)) {
      String text = Files.readString(file);
      List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
      if (!lines.isEmpty() && lines.get(0).equals(head)) {
        Set<Long> done = new HashSet<>();
        lines.stream()
            .skip(1)
            .filter(l -> l.matches("\\d{1,18}"))
            .map(Long::valueOf)
            .forEach(done::add);
        Files.writeString(file, String.join("\n", lines) + "\n");
        return new PieceJournal(file, done);
      }
    }
    Files.deleteIfExists(data);
    Files.writeString(file, head + "\n");
    return new PieceJournal(file, new HashSet<>());
  }

  synchronized boolean has(long piece) {
    return done.contains(piece);
  }

  synchronized void add(long piece) throws IOException {
    Files.writeString(file, piece + "\n", StandardOpenOption.APPEND);
    done.add(piece);
  }
}
