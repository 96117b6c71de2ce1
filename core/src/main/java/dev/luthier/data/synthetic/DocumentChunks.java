package dev.luthier.data.synthetic;

import dev.luthier.LuthierException;
import dev.luthier.format.Hashes;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Text documents in chunks: one file, or all {@code .txt}, {@code .md} and {@code .rst} files of a
 * folder and of those in it, in the order of their paths. Of the texts one is in memory at a time.
 */
public final class DocumentChunks {
  /** Bytes of a document, at most: it is in memory as a whole while it is asked about. */
  private static final long MOST_BYTES = 256L << 20;

  private static final Set<String> SUFFIXES = Set.of(".txt", ".text", ".md", ".markdown", ".rst");

  private final Path root;
  private final List<Place> places = new ArrayList<>();
  private final String hash;
  private Path opened = Path.of("");
  private String text = "";

  /** Where a chunk is; {@code number} counts from 1 in its document. */
  private record Place(Path file, int number, Chunker.Span span) {}

  /**
   * A chunk.
   *
   * @param source its document and number: {@code notes/a.txt#2}
   */
  public record Chunk(String source, String text) {}

  /**
   * Reads all documents once.
   *
   * @param chunkChars characters of a chunk, at most
   * @throws LuthierException when there is none, or one is not UTF-8 text or has more than 256 MiB
   */
  public DocumentChunks(Path root, int chunkChars) {
    this.root = root;
    Chunker chunker = new Chunker(chunkChars);
    StringBuilder hashes = new StringBuilder();
    for (Path file : files(root)) {
      List<Chunker.Span> spans = chunker.chunks(open(file));
      for (int i = 0; i < spans.size(); i++) {
        places.add(new Place(file, i + 1, spans.get(i)));
      }
      hashes.append(name(file)).append(' ').append(Hashes.text(text)).append('\n');
    }
    if (places.isEmpty()) {
      throw new LuthierException(root + ": expected documents with text, found none");
    }
    this.hash = Hashes.text(hashes.toString());
  }

  private static List<Path> files(Path root) {
    if (!Files.isDirectory(root)) {
      return List.of(root);
    }
    try (Stream<Path> all = Files.walk(root)) {
      List<Path> files =
          all.filter(Files::isRegularFile)
              .filter(DocumentChunks::isText)
              .sorted((a, b) -> a.toString().compareTo(b.toString()))
              .toList();
      if (files.isEmpty()) {
        throw new LuthierException(
            root + ": expected text documents (.txt, .md, .rst) in the folder, found none");
      }
      return files;
    } catch (IOException e) {
      throw new LuthierException(root + " cannot be read: " + Reason.of(e), e);
    }
  }

  private static boolean isText(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return SUFFIXES.stream().anyMatch(name::endsWith);
  }

  /** Chunks there are. */
  public int size() {
    return places.size();
  }

  /** A hash over names and texts of all documents. */
  public String hash() {
    return hash;
  }

  /** A chunk by its index, from 0. */
  public Chunk chunk(int index) {
    Place place = places.get(index);
    String all = open(place.file());
    if (place.span().end() > all.length()) {
      throw new LuthierException(place.file() + " was changed while it was being read");
    }
    return new Chunk(
        name(place.file()) + "#" + place.number(),
        all.substring(place.span().start(), place.span().end()));
  }

  private String name(Path file) {
    Path named = file.equals(root) ? file.getFileName() : root.relativize(file);
    return named.toString().replace('\\', '/');
  }

  private String open(Path file) {
    if (!file.equals(opened)) {
      try {
        if (Files.size(file) > MOST_BYTES) {
          throw new LuthierException(
              file
                  + " has more than "
                  + (MOST_BYTES >> 20)
                  + " MiB: cut it into several files (split -C 100M)");
        }
        text = Files.readString(file);
        opened = file;
      } catch (CharacterCodingException e) {
        throw new LuthierException(file + ": is not UTF-8 text; convert it first", e);
      } catch (IOException e) {
        throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
      }
    }
    return text;
  }
}
