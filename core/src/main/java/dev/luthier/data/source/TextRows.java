package dev.luthier.data.source;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Plain text: documents parted by lines that hold {@code <|endoftext|>} and nothing else. Each
 * becomes a row with the column {@code text}; blank ones are left out.
 */
final class TextRows {
  private static final String DOCUMENT_END = "<|endoftext|>";

  private final BufferedReader in;
  private int number;

  TextRows(InputStream in) {
    this.in =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()), 1 << 16);
  }

  void read(RowSink sink) throws IOException {
    StringBuilder document = new StringBuilder();
    LineReader lines = new LineReader(in);
    for (String line = lines.next(); line != null; line = lines.next()) {
      if (line.strip().equals(DOCUMENT_END)) {
        document(document, sink);
      } else {
        document.append(line);
      }
    }
    document(document, sink);
  }

  private void document(StringBuilder text, RowSink sink) {
    String document = text.toString();
    text.setLength(0);
    if (!document.isBlank()) {
      number++;
      Map<String, @Nullable Object> columns = new LinkedHashMap<>();
      columns.put("text", document.replaceFirst("\\R\\z", ""));
      sink.row(number, columns);
    }
  }

  /** Lines with what ends them. */
  private static final class LineReader {
    private final BufferedReader in;

    LineReader(BufferedReader in) {
      this.in = in;
    }

    @Nullable String next() throws IOException {
      StringBuilder line = new StringBuilder();
      int c = in.read();
      while (c >= 0) {
        line.append((char) c);
        if (c == '\n') {
          return line.toString();
        }
        c = in.read();
      }
      return line.length() == 0 ? null : line.toString();
    }
  }
}
