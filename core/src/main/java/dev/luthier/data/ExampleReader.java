package dev.luthier.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.Example.Text;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a data file: a JSON array of objects, JSONL (one object per line; blank lines are skipped
 * but counted), or, where the name ends in {@code .txt}, plain text whose documents are parted by
 * lines that hold {@code <|endoftext|>} and nothing else.
 *
 * <p>Rows are numbered from 1: by line in JSONL, by element in an array, by document in text. A row
 * that cannot be read is listed with its number and the reason; it is for the caller to say how
 * many are too many.
 */
public final class ExampleReader {
  /** Parts the documents of a text file. */
  public static final String DOCUMENT_END = "<|endoftext|>";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A longer line cannot be a row: it would not fit any model. */
  private static final int MAX_LINE_BYTES = 64 << 20;

  private final Path path;
  private final RowParser parser;
  private final List<Row> rows = new ArrayList<>();
  private final List<Refusal> refused = new ArrayList<>();

  private ExampleReader(Path path, Format format) {
    this.path = path;
    this.parser = new RowParser(format);
  }

  /** Reads a file and recognises its columns. */
  public static DataFile read(Path path) {
    return read(path, Format.AUTO);
  }

  /**
   * @param format what the rows must be; {@link Format#AUTO} recognises each
   * @throws LuthierException the file is missing, unreadable, empty, not UTF-8 text, or a JSON
   *     array with an error of syntax, after which rows cannot be told apart
   */
  public static DataFile read(Path path, Format format) {
    if (!Files.isRegularFile(path)) {
      throw new LuthierException("Expected a data file at " + path + ", found none.");
    }
    ExampleReader reader = new ExampleReader(path, format);
    try {
      String name = path.toString().toLowerCase(Locale.ROOT);
      if (name.endsWith(".txt")) {
        reader.readText();
      } else {
        reader.readJson();
      }
      DataFile file = new DataFile(path, reader.rows, reader.refused, sha256(path));
      if (file.total() == 0) {
        throw new LuthierException("Expected rows in " + path + ", found none.");
      }
      return file;
    } catch (IOException e) {
      throw new LuthierException("Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private void readText() throws IOException {
    String text;
    try {
      text = Files.readString(path);
    } catch (CharacterCodingException e) {
      throw new LuthierException("Expected UTF-8 text in " + path + ", found other bytes.", e);
    }
    int number = 0;
    for (String document : text.split("(?m)^[ \\t]*<\\|endoftext\\|>[ \\t]*\\R?", -1)) {
      if (!document.isBlank()) {
        number++;
        rows.add(new Row(number, new Text(withoutLastLineBreak(document))));
      }
    }
  }

  private static String withoutLastLineBreak(String document) {
    return document.replaceFirst("\\R\\z", "");
  }

  private void readJson() throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      skipByteOrderMark(in);
      int first = firstByte(in);
      if (first == '[') {
        readArray(in);
      } else if (first == '{') {
        readLines(in);
      } else if (first >= 0) {
        throw new LuthierException(
            "Expected "
                + path
                + " to begin with { (JSONL: one object per line) or [ (a JSON array of objects),"
                + " found '"
                + (char) first
                + "'. For plain text, let the file's name end in .txt.");
      }
    }
  }

  private void readArray(InputStream in) throws IOException {
    int number = 0;
    try (JsonParser json = JSON.getFactory().createParser(in)) {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() == null) {
          throw new LuthierException(
              path + ": the JSON array is cut off after row " + number + "; it must end with ]");
        }
        number++;
        Object element = JSON.readValue(json, Object.class);
        accept(number, element);
      }
    } catch (JsonProcessingException e) {
      throw new LuthierException(
          path + ", row " + number + ": not valid JSON: " + reason(e) + where(e), e);
    }
  }

  private void readLines(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int number = 0;
    boolean more = true;
    while (more) {
      line.reset();
      long length = 0;
      int b = in.read();
      while (b >= 0 && b != '\n') {
        if (length++ < MAX_LINE_BYTES) {
          line.write(b);
        }
        b = in.read();
      }
      more = b >= 0;
      number++;
      if (length > MAX_LINE_BYTES) {
        refused.add(new Refusal(number, "the line has " + length + " bytes"));
      } else if (!isBlank(line.toByteArray())) {
        readLine(number, line.toByteArray());
      }
    }
  }

  private void readLine(int number, byte[] line) throws IOException {
    try (JsonParser json = JSON.getFactory().createParser(line)) {
      Object value = JSON.readValue(json, Object.class);
      if (json.nextToken() != null) {
        refused.add(new Refusal(number, "expected one object on the line, found more after it"));
        return;
      }
      accept(number, value);
    } catch (JsonProcessingException e) {
      refused.add(new Refusal(number, "not valid JSON: " + reason(e)));
    }
  }

  private void accept(int number, @Nullable Object value) {
    try {
      if (!(value instanceof Map<?, ?> map)) {
        throw new RowRefused("expected an object, found " + RowParser.describe(value));
      }
      Map<String, @Nullable Object> columns = new LinkedHashMap<>();
      map.forEach((column, cell) -> columns.put(String.valueOf(column), cell));
      rows.add(new Row(number, parser.parse(columns)));
    } catch (RowRefused e) {
      refused.add(new Refusal(number, e.reason()));
    }
  }

  private static String reason(JsonProcessingException e) {
    return String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
  }

  private static String where(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ")";
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private static void skipByteOrderMark(InputStream in) throws IOException {
    in.mark(3);
    if (in.read() != 0xef || in.read() != 0xbb || in.read() != 0xbf) {
      in.reset();
    }
  }

  /** The first byte that is not white space, left unread together with the lines before it. */
  private static int firstByte(InputStream in) throws IOException {
    in.mark(1 << 16);
    int b = in.read();
    while (b == ' ' || b == '\t' || b == '\r' || b == '\n') {
      b = in.read();
    }
    in.reset();
    return b;
  }

  private static String sha256(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
