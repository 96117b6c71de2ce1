package dev.luthier.data.source;

import com.github.luben.zstd.ZstdInputStream;
import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * One data file. Its name says what it is ({@code .txt}, {@code .csv}, {@code .tsv}, {@code
 * .parquet}); JSON arrays and JSONL are told apart by their first character, gzip and zstd by their
 * first bytes, whatever the name.
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
    if (options.query().isPresent() || name.endsWith(".parquet")) {
      new TableRows(path).read(options.query(), sink);
      return;
    }
    try (InputStream in = open(path)) {
      if (name.endsWith(".txt")) {
        new TextRows(path, in).read(sink);
      } else if (name.endsWith(".csv") || name.endsWith(".tsv")) {
        new CsvRows(path, in, name.endsWith(".tsv")).read(options, sink);
      } else {
        new JsonRows(path, in).read(options, sink);
      }
    } catch (CharacterCodingException e) {
      throw new LuthierException("Expected UTF-8 text in " + path + ", found other bytes.", e);
    } catch (IOException e) {
      throw new LuthierException("Cannot read " + path + ": " + Reason.of(e), e);
    }
  }

  /** The file's bytes, decompressed, a byte-order mark left out. */
  static InputStream open(Path path) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(path), BUFFER);
    raw.mark(4);
    int[] magic = {raw.read(), raw.read(), raw.read(), raw.read()};
    raw.reset();
    InputStream in = raw;
    if (magic[0] == 0x1f && magic[1] == 0x8b) {
      in = new BufferedInputStream(new GZIPInputStream(raw, BUFFER), BUFFER);
    } else if (magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd) {
      in = new BufferedInputStream(new ZstdInputStream(raw).setContinuous(false), BUFFER);
    }
    in.mark(3);
    if (in.read() != 0xef || in.read() != 0xbb || in.read() != 0xbf) {
      in.reset();
    }
    return in;
  }
}
