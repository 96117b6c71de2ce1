package dev.luthier.data.prepared;

import dev.luthier.data.DataReport;
import dev.luthier.data.Packing;
import dev.luthier.data.Part;
import dev.luthier.data.TokenSequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a split: rows in order, after each its documents. What is given is on its way to the disk
 * at once; in memory are buffers, and 4 bytes for each document.
 *
 * <p>Not for use by several threads.
 */
public final class SplitWriter {
  private final String name;
  private final EncodedWith encodedWith;
  private final Map<String, HashedFile> files = new LinkedHashMap<>();
  private final Path folder;
  private final HashedFile tokens;
  private final HashedFile labels;
  private final HashedFile documents;
  private final HashedFile rows;
  private final HashedFile jsonl;
  private int[] lengths = new int[1024];
  private int documentCount;
  private int rowCount;
  private long tokenCount;
  private long trainedCount;
  private int labelBits;

  SplitWriter(Path folder, String name, EncodedWith encodedWith) throws IOException {
    this.folder = folder;
    this.name = name;
    this.encodedWith = encodedWith;
    tokens = file(SplitFiles.TOKENS);
    labels = file(SplitFiles.LABELS);
    documents = file(SplitFiles.DOCUMENTS);
    rows = file(SplitFiles.ROWS);
    jsonl = file(SplitFiles.JSONL);
  }

  private HashedFile file(String suffix) throws IOException {
    HashedFile file = new HashedFile(folder.resolve(name + suffix));
    files.put(name + suffix, file);
    return file;
  }

  /**
   * Begins a row.
   *
   * @param source index of its file among the manifest's sources, from 0
   * @param number 1-based number of the row in that file
   * @param json its example as a JSON object in UTF-8, without line ends
   * @throws IOException the disk refuses
   */
  public void row(int source, int number, byte[] json) throws IOException {
    for (byte b : json) {
      if (b == '\n' || b == '\r') {
        throw new IllegalArgumentException("row " + number + ": its JSON has a line end");
      }
    }
    ByteBuffer row = HashedFile.buffer(SplitFiles.RECORD);
    row.putLong(jsonl.bytes()).putInt(json.length).putInt(source).putInt(number);
    rows.write(row.putInt(documentCount));
    jsonl.write(json);
    jsonl.write('\n');
    rowCount = Math.incrementExact(rowCount);
  }

  /**
   * Adds a document to the row that was begun last.
   *
   * @param document from 1 to {@code maxLength} tokens; each label is the token or {@link
   *     TokenSequence#IGNORED}. Its row number is not looked at
   * @throws IOException the disk refuses
   */
  public void document(Part part, TokenSequence document) throws IOException {
    if (rowCount == 0) {
      throw new IllegalStateException("a document before the first row");
    }
    int length = document.length();
    if (length < 1 || length > encodedWith.maxLength()) {
      throw new IllegalArgumentException(
          "a document of " + length + " tokens, a sequence takes " + encodedWith.maxLength());
    }
    ByteBuffer record = HashedFile.buffer(SplitFiles.RECORD);
    record.putLong(tokenCount).putInt(length).putInt(rowCount - 1).put((byte) part.ordinal());
    documents.write(record);
    tokens.writeInts(document.tokens());
    for (int i = 0; i < length; i++) {
      label(document.tokens()[i], document.labels()[i]);
    }
    trainedCount += document.trained();
    if (documentCount == lengths.length) {
      lengths = Arrays.copyOf(lengths, Math.multiplyExact(2, lengths.length));
    }
    lengths[documentCount++] = length;
  }

  private void label(int token, int label) throws IOException {
    if (label != token && label != TokenSequence.IGNORED) {
      throw new IllegalArgumentException("token " + token + " has the label " + label);
    }
    int bit = (int) (tokenCount++ & 7);
    labelBits |= label == token ? 1 << bit : 0;
    if (bit == 7) {
      labels.write(labelBits);
      labelBits = 0;
    }
  }

  /** Rows so far. */
  public int rows() {
    return rowCount;
  }

  /**
   * Packs the documents if the set is packed, and closes the files.
   *
   * @throws IOException the disk refuses
   */
  Manifest.Split finish(SplitFacts facts) throws IOException {
    if ((tokenCount & 7) != 0) {
      labels.write(labelBits);
    }
    int[] all = Arrays.copyOf(lengths, documentCount);
    int sequences = encodedWith.packing() ? pack(all) : documentCount;
    Arrays.sort(all);
    Map<String, Manifest.FileEntry> entries = new TreeMap<>();
    for (Map.Entry<String, HashedFile> file : files.entrySet()) {
      entries.put(file.getKey(), file.getValue().finish());
    }
    return new Manifest.Split(
        rowCount,
        documentCount,
        sequences,
        tokenCount,
        trainedCount,
        DataReport.Lengths.of(all),
        facts,
        new TreeMap<>(entries));
  }

  private int pack(int[] all) throws IOException {
    List<int[]> packs = Packing.bestFit(all, encodedWith.maxLength());
    HashedFile file = file(SplitFiles.PACKS);
    int at = 0;
    file.writeInts(at);
    for (int[] pack : packs) {
      at += pack.length;
      file.writeInts(at);
    }
    for (int[] pack : packs) {
      file.writeInts(pack);
    }
    return packs.size();
  }

  /** Closes the files of a split that will not be finished. */
  void abandon() {
    for (HashedFile file : new ArrayList<>(files.values())) {
      try {
        file.close();
      } catch (IOException e) {
        // the failure that led here is the one to report; the folder goes anyway
        continue;
      }
    }
  }
}
