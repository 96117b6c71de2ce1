package dev.luthier.data.prepared;

import dev.luthier.LuthierException;
import dev.luthier.data.DataReport;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.stream.Stream;

/**
 * A split of a prepared set. Nothing is kept: each call reads what it returns from the mapped
 * files. Rows, documents and sequences are counted from 0. For use by any number of threads.
 */
public final class PreparedSplit {
  private static final Part[] PARTS = Part.values();

  private final PreparedSet set;
  private final String name;
  private final Manifest.Split counts;
  private final MappedFile tokens;
  private final MappedFile labels;
  private final MappedFile documents;
  private final MappedFile rows;
  private final MappedFile jsonl;
  private final MappedFile packs;

  PreparedSplit(PreparedSet set, String name, Manifest.Split counts, long segment) {
    this.set = set;
    this.name = name;
    this.counts = counts;
    tokens = file(SplitFiles.TOKENS, 4, segment);
    labels = file(SplitFiles.LABELS, 1, segment);
    documents = file(SplitFiles.DOCUMENTS, SplitFiles.RECORD, segment);
    rows = file(SplitFiles.ROWS, SplitFiles.RECORD, segment);
    jsonl = file(SplitFiles.JSONL, 1, segment);
    packs = file(SplitFiles.PACKS, 4, segment);
  }

  private MappedFile file(String suffix, int record, long segment) {
    Manifest.FileEntry entry = counts.files().get(name + suffix);
    return new MappedFile(
        set.folder().resolve(name + suffix), entry == null ? 0 : entry.bytes(), record, segment);
  }

  /**
   * Where a row came from.
   *
   * @param number 1-based number of the row in its source
   */
  public record Lineage(Manifest.Source source, int number) {
    /** As {@code data/rows.jsonl row 17}. */
    @Override
    public String toString() {
      return source.path() + " row " + number;
    }
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** The file with its rows' examples, one JSON object a line. */
  public Path jsonl() {
    return set.folder().resolve(name + SplitFiles.JSONL);
  }

  /** Its part of the manifest. */
  public Manifest.Split counts() {
    return counts;
  }

  /** Number of rows. */
  public int rows() {
    return counts.rows();
  }

  /** Number of documents. */
  public int documents() {
    return counts.documents();
  }

  /** Number of sequences: rows of training batches. */
  public int sequences() {
    return counts.sequences();
  }

  /**
   * The JSON object of a row.
   *
   * @throws LuthierException the record is damaged
   */
  public String json(int row) {
    return new String(jsonBytes(row), StandardCharsets.UTF_8);
  }

  byte[] jsonBytes(int row) {
    long at = record(row, rows());
    long offset = rows.longAt(at);
    int length = rows.intAt(at + 8);
    require(offset >= 0 && length >= 0 && offset <= jsonl.bytes() - length, "row", row);
    return jsonl.bytesAt(offset, length);
  }

  /**
   * Where a row came from.
   *
   * @throws LuthierException the record is damaged
   */
  public Lineage lineage(int row) {
    int source = rows.intAt(record(row, rows()) + 12);
    List<Manifest.Source> sources = set.manifest().origin().sources();
    require(source >= 0 && source < sources.size(), "row", row);
    return new Lineage(sources.get(source), number(row));
  }

  private int number(int row) {
    return rows.intAt(record(row, rows()) + 16);
  }

  /** The first document of a row; its others follow, up to the first of the next row. */
  public int firstDocument(int row) {
    return row == rows() ? documents() : rows.intAt(record(row, rows()) + 20);
  }

  /**
   * A document, with its row's number in the source.
   *
   * @throws LuthierException the record is damaged
   */
  public TokenSequence document(int document) {
    long at = record(document, documents());
    long first = documents.longAt(at);
    int length = documents.intAt(at + 8);
    require(first >= 0 && length >= 0 && first <= counts.tokens() - length, "document", document);
    int[] ids = tokens.intsAt(4 * first, length);
    int[] trained = ids.clone();
    long firstByte = first >> 3;
    byte[] bits = labels.bytesAt(firstByte, (int) (((first + length + 7) >> 3) - firstByte));
    for (int i = 0; i < length; i++) {
      int bit = (int) (first - 8 * firstByte) + i;
      if ((bits[bit >> 3] >> (bit & 7) & 1) == 0) {
        trained[i] = TokenSequence.IGNORED;
      }
    }
    return new TokenSequence(ids, trained, number(row(document)), part(document), 0);
  }

  /** Tokens of a document, without reading them. */
  public int length(int document) {
    return documents.intAt(record(document, documents()) + 8);
  }

  /**
   * The row of a document.
   *
   * @throws LuthierException the record is damaged
   */
  public int row(int document) {
    int row = documents.intAt(record(document, documents()) + 12);
    require(row >= 0 && row < rows(), "document", document);
    return row;
  }

  /**
   * Which part of its row a document is.
   *
   * @throws LuthierException the record is damaged
   */
  public Part part(int document) {
    int part = documents.byteAt(record(document, documents()) + 16);
    require(part >= 0 && part < PARTS.length, "document", document);
    return PARTS[part];
  }

  /**
   * The documents of a sequence, in the order in which they stand in it.
   *
   * @throws LuthierException the record is damaged
   */
  public int[] sequence(int sequence) {
    Objects.checkIndex(sequence, sequences());
    if (packs.bytes() == 0) {
      return new int[] {sequence};
    }
    int from = packs.intAt(4L * sequence);
    int to = packs.intAt(4L * sequence + 4);
    require(from >= 0 && from <= to && to <= documents(), "sequence", sequence);
    int[] out = packs.intsAt(4L * (sequences() + 1L + from), to - from);
    require(Arrays.stream(out).allMatch(d -> d >= 0 && d < documents()), "sequence", sequence);
    return out;
  }

  /** Tokens of a sequence, without reading them. */
  public int sequenceLength(int sequence) {
    return Arrays.stream(sequence(sequence)).map(this::length).sum();
  }

  /** The sequences as rows of batches: a view, which reads a row each time it is asked for it. */
  public List<List<TokenSequence>> packed() {
    return new Sequences();
  }

  /** Bytes of the files that are in memory at most while documents are read. */
  public long residentBytes() {
    return Stream.of(tokens, labels, documents, rows, packs)
        .mapToLong(MappedFile::residentBytes)
        .sum();
  }

  /** The account of the split; of its rows, only those that are in it are known. */
  public DataReport report() {
    SplitFacts facts = counts.facts();
    return new DataReport(
        Map.of(set.folder().toString(), set.hash()),
        Map.of(),
        rows(),
        0,
        rows(),
        documents(),
        List.of(),
        counts.tokens(),
        counts.trainedTokens(),
        counts.lengths(),
        new DataReport.Overflowed(
            set.manifest().about().encodedWith().maxLength(),
            facts.longRows(),
            List.of(),
            facts.lostTrainedTokens()),
        facts.unknownShare(),
        facts.straddlingTokens(),
        facts.rowsWithoutStop(),
        facts.templateDrops(),
        facts.rowsByBos(),
        facts.turnEnds());
  }

  private static long record(int index, int count) {
    return (long) SplitFiles.RECORD * Objects.checkIndex(index, count);
  }

  private void require(boolean sound, String what, int index) {
    if (!sound) {
      throw new LuthierException(
          set.folder()
              + ": "
              + what
              + " "
              + index
              + " of the split "
              + name
              + " is damaged. Copy the set again, or prepare it again.");
    }
  }

  private final class Sequences extends AbstractList<List<TokenSequence>> implements RandomAccess {
    @Override
    public List<TokenSequence> get(int index) {
      return Arrays.stream(sequence(index)).mapToObj(PreparedSplit.this::document).toList();
    }

    @Override
    public int size() {
      return sequences();
    }
  }
}
