package dev.luthier.data.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.luthier.LuthierException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * JSON in the shapes that data comes in: JSONL, one object per line, blank lines skipped but
 * counted; an array of objects; objects over several lines; and one object that holds the array
 * under a name such as {@code data}. Arrays and objects may follow one another.
 */
final class JsonRows {
  private static final JsonFactory STRICT = new JsonFactory();
  private static final JsonFactory LENIENT =
      new JsonFactoryBuilder()
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
          .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(JsonReadFeature.ALLOW_LEADING_ZEROS_FOR_NUMBERS)
          .build();

  /** Names under which a lone object may hold the rows. */
  private static final Set<String> WRAPPERS =
      Set.of("data", "rows", "examples", "records", "train", "dataset");

  /** A longer line cannot be a row: it would not fit any model. */
  private static final int MAX_LINE_BYTES = 64 << 20;

  private static final int FIRST_LINE_BYTES = 1 << 20;
  private static final String MENDED = "data.badRows=repair mends this";
  private static final String REMOVE = "no model takes such a row: remove it";

  private final Path path;
  private final InputStream in;
  private final RowSink sink;
  private final boolean repair;
  private int number;

  JsonRows(Path path, InputStream in, boolean repair, RowSink sink) {
    this.path = path;
    this.in = in;
    this.repair = repair;
    this.sink = sink;
  }

  void read() throws IOException {
    int first = firstByte();
    if (first == '{' && onLines()) {
      readLines();
    } else if (first == '{' || first == '[') {
      readValues();
    } else if (first >= 0) {
      throw new LuthierException(
          "Expected "
              + path
              + " to begin with { (JSONL: one object per line) or [ (a JSON array of objects),"
              + " found '"
              + (char) first
              + "'. For plain text, let the file's name end in .txt; for tables, in .csv, .tsv or"
              + " .parquet.");
    }
  }

  /** Arrays and objects that do not keep to lines; a fault in one leaves no way to the next. */
  private void readValues() throws IOException {
    try (JsonParser json = (repair ? LENIENT : STRICT).createParser(in)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token == JsonToken.START_ARRAY) {
          elements(json);
        } else if (token == JsonToken.START_OBJECT) {
          object(json);
        } else {
          number++;
          element(json);
        }
      }
    } catch (JsonEOFException e) {
      throw new LuthierException(
          path + " is cut off: the JSON ends within row " + number + ". Export the file again.", e);
    } catch (JsonProcessingException e) {
      throw broken(e);
    }
  }

  /** The elements of the array that the parser has just entered. */
  private void elements(JsonParser json) throws IOException {
    while (json.nextToken() != JsonToken.END_ARRAY) {
      number++;
      element(json);
    }
  }

  private void element(JsonParser json) throws IOException {
    JsonValues values = new JsonValues();
    Object value = values.read(json);
    accept(value, values, () -> JsonValues.text(value));
  }

  /** A row, or what holds the rows if it stands first. */
  private void object(JsonParser json) throws IOException {
    boolean first = number == 0;
    boolean wrapper = false;
    number++;
    JsonValues values = new JsonValues();
    Map<String, @Nullable Object> columns = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      boolean array = json.nextToken() == JsonToken.START_ARRAY;
      if (first && array && WRAPPERS.contains(name)) {
        number -= wrapper ? 0 : 1;
        wrapper = true;
        elements(json);
      } else {
        values.field(columns, name, json);
      }
    }
    if (!wrapper) {
      accept(columns, values, () -> JsonValues.text(columns));
    }
  }

  private LuthierException broken(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " (line "
                + e.getLocation().getLineNr()
                + ", column "
                + e.getLocation().getColumnNr()
                + ")";
    return new LuthierException(
        path
            + ", row "
            + number
            + ": not valid JSON: "
            + reason(e)
            + where
            + ", and where the next row begins cannot be told. "
            + (repair
                ? "Correct the file by hand."
                : "data.badRows=repair mends trailing commas, single quotes, comments and raw line"
                    + " breaks."),
        e);
  }

  private void readLines() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    long length = 0;
    for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
      int from = 0;
      for (int i = 0; i < n; i++) {
        if (buffer[i] == '\n') {
          length += i - from;
          keep(line, buffer, from, i);
          line(line, length);
          from = i + 1;
          length = 0;
        }
      }
      length += n - from;
      keep(line, buffer, from, n);
    }
    line(line, length);
  }

  private static void keep(ByteArrayOutputStream line, byte[] buffer, int from, int to) {
    line.write(buffer, from, Math.max(0, Math.min(to - from, MAX_LINE_BYTES - line.size())));
  }

  private void line(ByteArrayOutputStream line, long length) throws IOException {
    number++;
    byte[] bytes = line.toByteArray();
    line.reset();
    if (length > MAX_LINE_BYTES) {
      sink.unreadable(number, "the line has " + length + " bytes", REMOVE, shown(bytes));
    } else if (!isBlank(bytes)) {
      line(bytes);
    }
  }

  private void line(byte[] line) throws IOException {
    JsonValues values = new JsonValues();
    Object value;
    try {
      value = whole(STRICT, line, line.length, values);
    } catch (JsonProcessingException e) {
      values = new JsonValues();
      try {
        value = whole(LENIENT, line, withoutComma(line), values);
      } catch (JsonProcessingException still) {
        unreadable(line, repair ? still : e);
        return;
      }
      if (!repair) {
        sink.unreadable(number, "not valid JSON: " + reason(e), MENDED, shown(line));
        return;
      }
    }
    if (value == MORE) {
      String reason = "expected one object on the line, found more after it";
      sink.unreadable(number, reason, "put each object on a line of its own", shown(line));
    } else {
      accept(value, values, () -> shown(line));
    }
  }

  private void unreadable(byte[] line, JsonProcessingException e) {
    String reason = reason(e);
    String hint = "correct the line by hand";
    if (e instanceof JsonEOFException) {
      hint = "the line may be cut off: export the file again";
    } else if (e instanceof StreamConstraintsException) {
      hint = REMOVE;
    } else if (reason.startsWith("Invalid UTF-8")) {
      hint = "convert the file to UTF-8, such as with iconv -f WINDOWS-1252 -t UTF-8";
    }
    sink.unreadable(number, "not valid JSON: " + reason, hint, shown(line));
  }

  private static @Nullable Object whole(
      JsonFactory factory, byte[] line, int length, JsonValues values) throws IOException {
    try (JsonParser json = factory.createParser(line, 0, length)) {
      Object value = json.nextToken() == null ? null : values.read(json);
      return json.nextToken() == null ? value : MORE;
    }
  }

  /** Stands for a line with more than one value on it. */
  private static final Object MORE = new Object();

  /** The line's length without the comma that it ends with if it was cut out of an array. */
  private static int withoutComma(byte[] line) {
    int end = line.length;
    while (end > 0 && isSpace(line[end - 1])) {
      end--;
    }
    return end > 0 && line[end - 1] == ',' ? end - 1 : line.length;
  }

  @SuppressWarnings("unchecked") // a JSON object's keys are strings
  private void accept(@Nullable Object value, JsonValues values, Supplier<String> text) {
    if (!(value instanceof Map<?, ?> columns)) {
      String hint = "each row is an object such as {\"prompt\": \"...\", \"completion\": \"...\"}";
      sink.unreadable(number, "expected an object, found " + ValueText.of(value), hint, text.get());
    } else if (values.repeated().isPresent() && !repair) {
      String reason = "the name \"" + values.repeated().get() + "\" stands twice in one object";
      sink.unreadable(number, reason, "data.badRows=repair takes the last", text.get());
    } else {
      sink.row(number, (Map<String, @Nullable Object>) columns);
    }
  }

  private static String shown(byte[] line) {
    return new String(line, 0, Math.min(line.length, RowSink.MOST_TEXT), StandardCharsets.UTF_8);
  }

  /** The parser's words without those that speak to its programmer. */
  private static String reason(JsonProcessingException e) {
    return String.valueOf(e.getOriginalMessage())
        .lines()
        .findFirst()
        .orElse("")
        .replaceAll(" ?\\(start marker at \\[Source:[^\\]]*\\]\\)", "")
        .replaceAll(": enable `[^`]*` to allow|, from `[^`]*`", "");
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (!isSpace(b)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSpace(int b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  /** The first byte that is not white space, left unread together with the lines before it. */
  private int firstByte() throws IOException {
    in.mark(FIRST_LINE_BYTES);
    int b = skipSpace();
    in.reset();
    return b;
  }

  private int skipSpace() throws IOException {
    int b = in.read();
    while (isSpace(b)) {
      b = in.read();
    }
    return b;
  }

  /**
   * Whether each line is a row. The name may say so, unless the first line is a lone brace. Else it
   * is not so where the first line leaves its object open, as in printed JSON, or is the only one,
   * which may hold the rows under a name, or is too long to look at.
   */
  private boolean onLines() throws IOException {
    in.mark(FIRST_LINE_BYTES);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = skipSpace();
    while (b >= 0 && b != '\n' && line.size() < FIRST_LINE_BYTES / 2) {
      line.write(b);
      b = in.read();
    }
    boolean more = b == '\n' && skipSpace() >= 0;
    in.reset();
    String text = line.toString(StandardCharsets.UTF_8).strip();
    String name = DataFiles.uncompressed(path);
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return !text.equals("{");
    }
    return more && !text.matches("(?s).*[{\\[,:]");
  }
}
