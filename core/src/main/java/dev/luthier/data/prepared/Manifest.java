package dev.luthier.data.prepared;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.data.DataReport;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a prepared set holds and how it came about: {@code manifest.json}.
 *
 * @param about what was asked for
 * @param origin what it was made of, and what became of the rows on the way
 * @param splits by name, each with its counts and files
 */
public record Manifest(About about, Origin origin, SortedMap<String, Split> splits) {
  /** Copies the splits. */
  public Manifest {
    splits = Collections.unmodifiableSortedMap(new TreeMap<>(splits));
  }

  /**
   * What was asked for: known before the first row.
   *
   * @param settings all that decide about the content, as nested maps of texts, numbers, booleans,
   *     lists and maps; neither threads nor where the set is written
   */
  public record About(Kind kind, Map<String, Object> settings, EncodedWith encodedWith) {
    /** Copies the settings' outer map. */
    public About {
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
  }

  /**
   * Known after the last row.
   *
   * @param sources the files that were read; rows name them by their index
   * @param stages what rows went through, in order
   */
  public record Origin(List<Source> sources, List<Stage> stages) {
    /** Copies the lists. */
    public Origin {
      sources = List.copyOf(sources);
      stages = List.copyOf(stages);
    }
  }

  /**
   * A file that was read.
   *
   * @param path as the user wrote it
   * @param sha256 of its bytes
   * @param bytes its size
   * @param rows that it has, refused ones included
   */
  public record Source(String path, String sha256, long bytes, long rows) {}

  /**
   * A stage and its account.
   *
   * @param rowsIn rows that came to it
   * @param rowsOut rows that left it
   * @param changed rows that it changed, and did not drop
   * @param found personal data that it found, by kind
   * @param dropped rows that it dropped, by reason
   */
  public record Stage(
      String name,
      long rowsIn,
      long rowsOut,
      long changed,
      SortedMap<String, Long> found,
      SortedMap<String, Long> dropped) {
    /** Copies the maps. */
    public Stage {
      found = Collections.unmodifiableSortedMap(new TreeMap<>(found));
      dropped = Collections.unmodifiableSortedMap(new TreeMap<>(dropped));
    }
  }

  /**
   * A split.
   *
   * @param rows examples
   * @param documents token sequences, at least one for each row
   * @param sequences rows of training batches: packs of documents, or the documents
   * @param tokens of all documents
   * @param trainedTokens those that count in the loss
   * @param lengths of the documents, in tokens
   * @param facts what encoding found out
   * @param files by name
   */
  public record Split(
      int rows,
      int documents,
      int sequences,
      long tokens,
      long trainedTokens,
      DataReport.Lengths lengths,
      SplitFacts facts,
      SortedMap<String, FileEntry> files) {
    /** Copies the files. */
    public Split {
      files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    }
  }

  /** A file of the set. */
  public record FileEntry(long bytes, String sha256) {}

  /**
   * The version of the set, 64 hexadecimal digits: the SHA-256 of format, version, what was asked
   * for, and the hashes of all files, as JSON with sorted keys and without blanks. Lineage and
   * counts follow from these and the sources.
   */
  public String hash() {
    return ManifestJson.hash(this);
  }

  /** The content of {@code manifest.json}. */
  public ObjectNode json() {
    return ManifestJson.of(this);
  }
}
