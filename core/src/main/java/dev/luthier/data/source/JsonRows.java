package dev.luthier.data.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON in the three shapes that data comes in: an array of objects; JSONL, one object per line,
 * blank lines skipped but counted; and objects over several lines one after another, of which a
 * single one may hold the array under a name such as {@code data}.
 */
final class JsonRows {
  private static final ObjectMapper STRICT = new JsonMapper();
  private static final ObjectMapper LENIENT =
      JsonMapper.builder()
          .enable(
              JsonReadFeature.ALLOW_TRAILING_COMMA,
              JsonReadFeature.ALLOW_SINGLE_QUOTES,
              JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES,
              JsonReadFeature.ALLOW_JAVA_COMMENTS,
              JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS,
              JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER,
              JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS,
              JsonReadFeature.ALLOW_LEADING_ZEROS_FOR_NUMBERS)
          .build();

  /** Names under which a lone object may hold the rows. */
  private static final Set<String> WRAPPERS =
      Set.of("data", "rows", "examples", "records", "items", "train", "instances", "dataset");

  /** A longer line cannot be a row: it would not fit any model. */
  private static final int MAX_LINE_BYTES = 64 << 20;

  private static final int FIRST_LINE_BYTES = 1 << 20;
  private static final String MENDED =
      "data.badRows=repair mends trailing commas, single quotes, comments and raw line breaks";

  private final Path path;
  private final InputStream in;

  JsonRows(Path path, InputStream in) {
    this.path = path;
    this.in = in;
  }

  void read(ReadOptions options, RowSink sink) throws IOException {
    int first = firstByte();
    if (first == '[') {
      readArray(options.repair(), sink);
    } else if (first == '{') {
      if (byName() || firstLineIsWhole()) {
        readLines(options.repair(), sink);
      } else {
        readValues(options.repair(), sink);
      }
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

  private boolean byName() {
    String name = DataFiles.uncompressed(path);
    return name.endsWith(".jsonl") || name.endsWith(".ndjson");
  }

  private static ObjectMapper mapper(boolean repair) {
    return repair ? LENIENT : STRICT;
  }

  private void readArray(boolean repair, RowSink sink) throws IOException {
    try (JsonParser json = mapper(repair).getFactory().createParser(in)) {
      json.nextToken();
      elements(json, mapper(repair), sink);
    }
  }

  /** The elements of the array that the parser has just entered. */
  private void elements(JsonParser json, ObjectMapper mapper, RowSink sink) throws IOException {
    int number = 0;
    try {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() == null) {
          throw new LuthierException(
              path + ": the JSON array is cut off after row " + number + "; it must end with ]");
        }
        number++;
        accept(number, mapper.readValue(json, Object.class), sink);
      }
    } catch (JsonProcessingException e) {
      throw broken(number, e, mapper == STRICT);
    }
  }

  /** Objects that do not keep to lines. */
  private void readValues(boolean repair, RowSink sink) throws IOException {
    ObjectMapper mapper = mapper(repair);
    int number = 0;
    try (JsonParser json = mapper.getFactory().createParser(in)) {
      while (json.nextToken() != null) {
        number++;
        if (json.currentToken() != JsonToken.START_OBJECT) {
          accept(number, mapper.readValue(json, Object.class), sink);
          continue;
        }
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        boolean wrapped = false;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          boolean array = json.nextToken() == JsonToken.START_ARRAY;
          if (number == 1 && array && WRAPPERS.contains(name)) {
            elements(json, mapper, sink);
            wrapped = true;
          } else {
            columns.put(name, mapper.readValue(json, Object.class));
          }
        }
        if (!wrapped) {
          sink.row(number, columns);
        }
      }
    } catch (JsonProcessingException e) {
      throw broken(number, e, !repair);
    }
  }

  private LuthierException broken(int number, JsonProcessingException e, boolean strict) {
    return new LuthierException(
        path
            + ", row "
            + number
            + ": not valid JSON: "
            + reason(e)
            + where(e)
            + (strict ? "; " + MENDED : ""),
        e);
  }

  private void readLines(boolean repair, RowSink sink) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    int number = 1;
    long length = 0;
    for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
      int from = 0;
      for (int i = 0; i < n; i++) {
        if (buffer[i] == '\n') {
          length += i - from;
          keep(line, buffer, from, i);
          line(number++, line, length, repair, sink);
          from = i + 1;
          length = 0;
        }
      }
      length += n - from;
      keep(line, buffer, from, n);
    }
    line(number, line, length, repair, sink);
  }

  private static void keep(ByteArrayOutputStream line, byte[] buffer, int from, int to) {
    line.write(buffer, from, Math.max(0, Math.min(to - from, MAX_LINE_BYTES - line.size())));
  }

  private static void line(
      int number, ByteArrayOutputStream line, long length, boolean repair, RowSink sink)
      throws IOException {
    byte[] bytes = line.toByteArray();
    line.reset();
    if (length > MAX_LINE_BYTES) {
      sink.unreadable(number, "the line has " + length + " bytes", "", shown(bytes));
    } else if (!isBlank(bytes)) {
      readLine(number, bytes, repair, sink);
    }
  }

  private static void readLine(int number, byte[] line, boolean repair, RowSink sink)
      throws IOException {
    Object value;
    try {
      value = whole(STRICT, line);
    } catch (JsonProcessingException e) {
      if (!repair) {
        sink.unreadable(number, "not valid JSON: " + reason(e), hint(line, MENDED), shown(line));
        return;
      }
      try {
        value = whole(LENIENT, line);
      } catch (JsonProcessingException still) {
        String hint = hint(line, "correct the line by hand");
        sink.unreadable(number, "not valid JSON: " + reason(still), hint, shown(line));
        return;
      }
    }
    if (value == MORE) {
      String reason = "expected one object on the line, found more after it";
      sink.unreadable(number, reason, "put each object on a line of its own", shown(line));
      return;
    }
    accept(number, value, sink);
  }

  private static Object whole(ObjectMapper mapper, byte[] line) throws IOException {
    try (JsonParser json = mapper.getFactory().createParser(line)) {
      Object value = mapper.readValue(json, Object.class);
      return json.nextToken() == null ? value : MORE;
    }
  }

  /** Stands for a line with more than one value on it. */
  private static final Object MORE = new Object();

  private static String hint(byte[] line, String otherwise) {
    return line[line.length - 1] != '}' && line[line.length - 1] != '\r'
        ? "the line may be cut off: export the file again"
        : otherwise;
  }

  private static void accept(int number, @Nullable Object value, RowSink sink) {
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> columns = new LinkedHashMap<>();
      map.forEach((column, cell) -> columns.put(String.valueOf(column), cell));
      sink.row(number, columns);
    } else {
      String hint = "each row is an object such as {\"prompt\": \"...\", \"completion\": \"...\"}";
      sink.unreadable(
          number, "expected an object, found " + describe(value), hint, String.valueOf(value));
    }
  }

  private static String describe(@Nullable Object value) {
    return value instanceof String text
        ? "\"" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "\""
        : value instanceof java.util.List<?> ? "a list" : String.valueOf(value);
  }

  private static String shown(byte[] line) {
    return new String(line, 0, Math.min(line.length, RowSink.MOST_TEXT), StandardCharsets.UTF_8);
  }

  private static String reason(JsonProcessingException e) {
    return String.valueOf(e.getOriginalMessage())
        .lines()
        .findFirst()
        .orElse("")
        .replaceAll(" ?\\(start marker at \\[Source:[^\\]]*\\]\\)", "");
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

  /** The first byte that is not white space, left unread together with the lines before it. */
  private int firstByte() throws IOException {
    in.mark(FIRST_LINE_BYTES);
    int b = in.read();
    while (b == ' ' || b == '\t' || b == '\r' || b == '\n') {
      b = in.read();
    }
    in.reset();
    return b;
  }

  /**
   * Whether the first line that is not blank is a row of its own. One that leaves its object open,
   * as in printed JSON, is not; one too long to look at is.
   */
  private boolean firstLineIsWhole() throws IOException {
    in.mark(FIRST_LINE_BYTES);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = in.read();
    while (b >= 0 && line.size() < FIRST_LINE_BYTES - (1 << 16)) {
      if (b == '\n') {
        if (!isBlank(line.toByteArray())) {
          break;
        }
        line.reset();
      } else {
        line.write(b);
      }
      b = in.read();
    }
    in.reset();
    String text = line.toString(StandardCharsets.UTF_8).strip();
    boolean open = text.endsWith("{") || text.endsWith("[") || text.endsWith(",");
    return b >= 0 && b != '\n' || !open;
  }
}
