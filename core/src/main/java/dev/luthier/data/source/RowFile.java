package dev.luthier.data.source;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One data file. Its name says what it is ({@code .txt}, {@code .csv}, {@code .tsv}, {@code
 * .parquet}); JSON arrays and JSONL are told apart by their first character, and gzip, zstd and
 * Parquet are known by their first bytes, whatever the name.
 */
public final class RowFile {
  private static final int BUFFER = 1 << 16;

  private final Path path;

  /**
   * @throws LuthierException there is no such file
   */
  public RowFile(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new LuthierException("Expected a data file at " + path + ", found none.");
    }
    this.path = path;
  }

  /**
   * Reads all rows.
   *
   * @throws LuthierException the file is unreadable, not UTF-8 text, or broken in such a way that
   *     rows cannot be told apart from there on
   */
  public void read(ReadOptions options, RowSink sink) {
    String name = DataFiles.uncompressed(path);
    LastRow last = new LastRow(sink);
    try {
      boolean parquet = name.endsWith(".parquet") || beginsAsParquet();
      if (parquet || options.query().isPresent()) {
        new TableRows(path, parquet).read(options.query(), sink);
        return;
      }
      try (InputStream in = open()) {
        if (name.endsWith(".txt")) {
          new TextRows(in).read(last);
        } else if (name.endsWith(".csv") || name.endsWith(".tsv")) {
          new CsvRows(path, in, name.endsWith(".tsv")).read(options, last);
        } else {
          new JsonRows(path, in, options.repair(), last).read();
        }
      }
    } catch (CharacterCodingException e) {
      throw new LuthierException(notUtf8("other bytes" + last.where(), "WINDOWS-1252"), e);
    } catch (EOFException e) {
      throw new LuthierException(
          path + " ends too early" + last.where() + ": it is cut off. Copy or export it again.", e);
    } catch (IOException e) {
      throw new LuthierException("Cannot read " + path + last.where() + ": " + Reason.of(e), e);
    }
  }

  private String notUtf8(String found, String encoding) {
    return "Expected UTF-8 text in "
        + path
        + ", found "
        + found
        + ". Convert the file, such as with iconv -f "
        + encoding
        + " -t UTF-8.";
  }

  private boolean beginsAsParquet() throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("PAR1");
    }
  }

  /** The file's bytes, decompressed, a byte-order mark left out. */
  private InputStream open() throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(path), BUFFER);
    try {
      InputStream in = decompressed(raw);
      in.mark(3);
      int first = in.read();
      int second = in.read();
      if ((first == 0xff && second == 0xfe) || (first == 0xfe && second == 0xff)) {
        throw new LuthierException(notUtf8("UTF-16", "UTF-16"));
      }
      if (first != 0xef || second != 0xbb || in.read() != 0xbf) {
        in.reset();
      }
      return in;
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  private static InputStream decompressed(InputStream raw) throws IOException {
    raw.mark(4);
    int[] magic = {raw.read(), raw.read(), raw.read(), raw.read()};
    raw.reset();
    if (magic[0] == 0x1f && magic[1] == 0x8b) {
      return new BufferedInputStream(new GZIPInputStream(raw, BUFFER), BUFFER);
    }
    if (magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd) {
      return new BufferedInputStream(new ZstdFrames(raw), BUFFER);
    }
    return raw;
  }

  /** Remembers which row came last, to say where a file breaks. */
  private static final class LastRow implements RowSink {
    private final RowSink sink;
    private int number;

    LastRow(RowSink sink) {
      this.sink = sink;
    }

    String where() {
      return number == 0 ? "" : " after row " + number;
    }

    @Override
    public void row(int number, Map<String, @Nullable Object> columns) {
      this.number = number;
      sink.row(number, columns);
    }

    @Override
    public void unreadable(int number, String reason, String hint, String text) {
      this.number = number;
      sink.unreadable(number, reason, hint, text);
    }
  }
}
