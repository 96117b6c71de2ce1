package dev.luthier.data.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.luthier.LuthierException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowFileTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private final List<String> rows = new ArrayList<>();
  private final List<String> bad = new ArrayList<>();
  private final List<String> hints = new ArrayList<>();
  private final List<String> texts = new ArrayList<>();

  @Test
  void a_table_keeps_breaks_and_quotes_in_cells_and_numbers_records() throws IOException {
    read(
        "t.csv",
        "question,answer,n\r\n\"a\nb\",\"say \"\"hi\"\", ok\",1\r\n\r\nlast,,\r\n\"\",x,2",
        ReadOptions.standard());
    assertThat(rows)
        .containsExactly(
            "1 {question=a\nb, answer=say \"hi\", ok, n=1}",
            "2 {question=last, answer=null, n=null}",
            "3 {question=, answer=x, n=2}");
    assertThat(bad).isEmpty();
  }

  @Test
  void odd_records_are_listed_with_their_line_and_the_rest_is_read() throws IOException {
    String table = "a,b\n1,2\nbad,row,too many\nshort\n\"x\"y,2\n\"m\nn\",3\n9,8\n";
    read("t.csv", table, ReadOptions.standard());
    assertThat(rows).containsExactly("1 {a=1, b=2}", "5 {a=m\nn, b=3}", "6 {a=9, b=8}");
    assertThat(bad)
        .containsExactly(
            "2 line 3: expected 2 cells (a, b), found 3",
            "3 line 4: expected 2 cells (a, b), found 1",
            "4 line 5: text stands after a closing quote");
    rows.clear();
    bad.clear();
    read("t.csv", table, ReadOptions.standard().repairing());
    assertThat(rows).contains("3 {a=short, b=null}");
    assertThat(bad).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {",", ";", "\t", "|"})
  void the_separator_is_found(String separator) throws IOException {
    String other = separator.equals(",") ? ";" : ",";
    String table = "a~b~\"c@\"\n1~2~3@3\n".replace("~", separator).replace("@", other);
    read("t.csv", table, ReadOptions.standard());
    assertThat(rows).containsExactly("1 {a=1, b=2, c@=3@3}".replace("@", other));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void records_end_with_any_line_break(String end) throws IOException {
    String table = "a,b~1,\"2\"~~3,4".replace("~", end);
    read("t.csv", table, ReadOptions.standard());
    assertThat(rows).containsExactly("1 {a=1, b=2}", "2 {a=3, b=4}");
  }

  @Test
  void a_cell_does_not_grow_without_end() {
    String cell = "x".repeat((16 << 20) + 1);
    assertThatThrownBy(() -> read("t.csv", "a\n" + cell + "\n", ReadOptions.standard()))
        .hasMessageContaining("t.csv, line 2: a cell has more than");
  }

  @Test
  void a_table_without_header_has_numbered_columns() throws IOException {
    read("t.tsv", "1\t2\n", new ReadOptions(false, false, Optional.empty()));
    assertThat(rows).containsExactly("1 {column1=1, column2=2}");
  }

  @Test
  void a_quote_that_is_never_closed_names_its_line() {
    assertThatThrownBy(() -> read("t.csv", "a,b\n1,2\n\"open,3\n4,5\n", ReadOptions.standard()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("t.csv, line 3: a quote opens");
  }

  /** What one writes by the rules is what one reads. */
  @Property(tries = 300)
  void any_cells_survive_quoting(@ForAll @Size(min = 2, max = 4) List<String> cells)
      throws IOException {
    List<String> clean =
        cells.stream().map(c -> c.replaceAll("[\\p{Cs}\\p{Cn}]", "?").replace("\r", "")).toList();
    StringBuilder table = new StringBuilder("h0");
    IntStream.range(1, clean.size()).forEach(i -> table.append(",h").append(i));
    table.append('\n');
    for (int i = 0; i < clean.size(); i++) {
      table.append(i == 0 ? "\"" : ",\"").append(clean.get(i).replace("\"", "\"\"")).append('"');
    }
    List<List<@Nullable Object>> found = new ArrayList<>();
    Path file = Files.createTempFile("cells", ".csv");
    try {
      Files.writeString(file, table.toString());
      new RowFile(file)
          .read(
              ReadOptions.standard(),
              new RowSink() {
                @Override
                public void row(int number, Map<String, @Nullable Object> columns) {
                  found.add(new ArrayList<>(columns.values()));
                }

                @Override
                public void unreadable(int number, String reason, String hint, String text) {
                  throw new AssertionError(reason);
                }
              });
    } finally {
      Files.delete(file);
    }
    assertThat(found).hasSize(1);
    assertThat(found.get(0)).isEqualTo(clean);
  }

  @Test
  void compressed_files_are_known_by_their_bytes() throws IOException {
    byte[] lines = "{\"a\": 1}\n\n{\"a\": 2}\n".getBytes(StandardCharsets.UTF_8);
    Path zipped = folder.resolve("rows.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      out.write(lines);
    }
    Path zstd = Files.write(folder.resolve("misnamed.jsonl"), Zstd.compress(lines));
    for (Path file : List.of(zipped, zstd)) {
      rows.clear();
      read(file, ReadOptions.standard());
      assertThat(rows).containsExactly("1 {a=1}", "3 {a=2}");
    }
    byte[] whole = Files.readAllBytes(zipped);
    Files.write(zipped, Arrays.copyOf(whole, whole.length - 9));
    assertThatThrownBy(() -> read(zipped, ReadOptions.standard()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("rows.jsonl.gz ends too early")
        .hasMessageContaining("it is cut off. Copy or export it again.");
  }

  @Test
  void a_file_cut_within_its_second_zstd_frame_is_not_taken_for_whole() throws IOException {
    byte[] frame = Zstd.compress("{\"a\": 1}\n".repeat(30_000).getBytes(StandardCharsets.UTF_8));
    byte[] two = Arrays.copyOf(frame, 2 * frame.length);
    System.arraycopy(frame, 0, two, frame.length, frame.length);
    Path file = Files.write(folder.resolve("rows.jsonl.zst"), two);
    read(file, ReadOptions.standard());
    assertThat(rows).hasSize(60_000);
    for (int cut : new int[] {1, frame.length / 2, frame.length - 1}) {
      Files.write(file, Arrays.copyOf(two, two.length - cut));
      assertThatThrownBy(() -> read(file, ReadOptions.standard()))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("rows.jsonl.zst ends too early after row ");
    }
  }

  @Test
  void other_encodings_are_named() throws IOException {
    byte[] utf16 = "\uFEFF{\"a\": 1}\n".getBytes(StandardCharsets.UTF_16LE);
    Path file = Files.write(folder.resolve("rows.jsonl"), utf16);
    assertThatThrownBy(() -> read(file, ReadOptions.standard()))
        .hasMessageContaining("found UTF-16")
        .hasMessageContaining("iconv -f UTF-16 -t UTF-8");
    Path latin =
        Files.write(folder.resolve("t.csv"), ("a\nx\n".repeat(40_000) + "ä").getBytes(ISO_8859_1));
    assertThatThrownBy(() -> read(latin, ReadOptions.standard()))
        .hasMessageMatching(".*found other bytes after row \\d{5,}\\. Convert.*");
    rows.clear();
    read(
        Files.write(folder.resolve("l.jsonl"), "{\"a\": \"ä\"}\n".getBytes(ISO_8859_1)),
        ReadOptions.standard());
    assertThat(hints).singleElement().asString().contains("convert the file to UTF-8");
  }

  @Test
  void json_stands_on_lines_in_arrays_over_several_lines_or_under_a_name() throws IOException {
    read("pretty.json", "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", ReadOptions.standard());
    read("named.json", "{\n \"version\": 2, \"data\": [{\"a\": 3}, 4]}", ReadOptions.standard());
    read("lines.json", "{\"a\": 5}\n{\"a\": \n", ReadOptions.standard());
    assertThat(rows).containsExactly("1 {a=1}", "2 {a=2}", "1 {a=3}", "1 {a=5}");
    assertThat(bad.get(0)).isEqualTo("2 expected an object, found 4");
    assertThat(bad.get(1)).startsWith("2 not valid JSON");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "rows.json # {'version': 2, 'data': [{'a': 1}, {'a': 2}]}",
        "rows.json # {'train': [{'a': 1}], 'data': [{'a': 2}]}",
        "rows.json # [{'a': 1}]~[{'a': 2}]",
        "rows.jsonl # [{'a': 1}]~{'a': 2}",
        "rows.json # {'a':~1}~{'a':~2}",
        "rows.jsonl # {~'a': 1~}~{~'a': 2~}",
      })
  void no_row_is_lost_however_json_is_laid_out(String name, String json) throws IOException {
    read(name, json.replace('\'', '"').replace('~', '\n') + "\n", ReadOptions.standard());
    assertThat(rows).containsExactly("1 {a=1}", "2 {a=2}");
    assertThat(bad).isEmpty();
  }

  @Test
  void a_row_may_have_a_list_under_a_name_that_also_holds_rows() throws IOException {
    String lines = "{\"a\": 1, \"items\": [{\"b\": 2}]}";
    read("rows.json", lines + "\n" + lines, ReadOptions.standard());
    read("row.json", lines, ReadOptions.standard());
    assertThat(rows)
        .containsExactly(
            "1 {a=1, items=[{b=2}]}", "2 {a=1, items=[{b=2}]}", "1 {a=1, items=[{b=2}]}");
  }

  @Test
  void a_json_array_that_is_cut_off_or_broken_says_where() {
    assertThatThrownBy(() -> read("a.json", "[{\"a\": 1},\n{\"a\"", ReadOptions.standard()))
        .hasMessageContaining("a.json is cut off: the JSON ends within row 2");
    assertThatThrownBy(() -> read("a.json", "[{\"a\": 1},\n{\"a\" 2}]", ReadOptions.standard()))
        .hasMessageContaining("a.json, row 2: not valid JSON")
        .hasMessageContaining("line 2, column");
  }

  @Test
  void small_faults_of_syntax_are_mended_when_asked() throws IOException {
    String lines =
        "{\"a\": 1,}\n{'a': 'x'}\n{\"a\": NaN}\n{\"a\": 2},\n{\"a\": 0, \"a\": 3}\n"
            + "{\"a\": 1\n{'a': None}\n{\"a\": 4}\n";
    read("rows.jsonl", lines, ReadOptions.standard());
    assertThat(rows).containsExactly("8 {a=4}");
    assertThat(bad).hasSize(7).contains("5 the name \"a\" stands twice in one object");
    assertThat(hints.subList(0, 4)).containsOnly("data.badRows=repair mends this");
    assertThat(hints.subList(4, 7))
        .containsExactly(
            "data.badRows=repair takes the last",
            "the line may be cut off: export the file again",
            "correct the line by hand");
    rows.clear();
    bad.clear();
    read("rows.jsonl", lines, ReadOptions.standard().repairing());
    assertThat(rows)
        .containsExactly("1 {a=1}", "2 {a=x}", "3 {a=NaN}", "4 {a=2}", "5 {a=3}", "8 {a=4}");
    assertThat(bad).hasSize(2);
  }

  @Test
  void rows_that_no_parser_takes_leave_the_others_whole() throws IOException {
    String deep = "{\"a\": " + "[".repeat(2000) + "]".repeat(2000) + "}\n";
    read("rows.jsonl", deep + "{} {}\n{\"a\": 1}\n", ReadOptions.standard());
    assertThat(rows).containsExactly("3 {a=1}");
    assertThat(bad.get(0)).contains("nesting depth").doesNotContain("StreamReadConstraints");
    assertThat(bad.get(1)).contains("found more after it");
    assertThat(texts.get(1)).isEqualTo("{} {}");
  }

  @Test
  void parquet_rows_come_in_order_with_their_nested_columns() throws Exception {
    Path file = folder.resolve("it's.parquet");
    sql(
        "COPY (SELECT i AS n, [{'role': 'user', 'content': 'q' || i}] AS messages FROM range(5000) t(i))"
            + " TO '"
            + file.toString().replace("'", "''")
            + "' (FORMAT parquet, ROW_GROUP_SIZE 2048)");
    read(file, ReadOptions.standard());
    assertThat(rows).hasSize(5000);
    assertThat(rows.get(0)).isEqualTo("1 {n=0, messages=[{role=user, content=q0}]}");
    assertThat(rows.get(4999)).startsWith("5000 {n=4999,");
    rows.clear();
    read(
        file,
        new ReadOptions(
            false,
            true,
            Optional.of("SELECT n + 1 AS m FROM data WHERE n > 4997 ORDER BY n DESC")));
    assertThat(rows).containsExactly("1 {m=5000}", "2 {m=4999}");
    Path misnamed = Files.copy(file, folder.resolve("misnamed.jsonl"));
    rows.clear();
    read(misnamed, ReadOptions.standard());
    assertThat(rows).hasSize(5000);
    Files.writeString(file, "PAR1 and nothing else");
    assertThatThrownBy(() -> read(file, ReadOptions.standard()))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("cannot be read as a table");
  }

  @Test
  void parquet_files_are_read_by_their_very_names() throws Exception {
    for (String name : List.of("f [1].parquet", "f 1.parquet", "f*.parquet", "g?.parquet")) {
      sql("COPY (SELECT '" + name + "' AS a) TO '" + folder.resolve(name) + "' (FORMAT parquet)");
    }
    for (String name : List.of("f [1].parquet", "f*.parquet", "g?.parquet")) {
      rows.clear();
      read(folder.resolve(name), ReadOptions.standard());
      assertThat(rows).containsExactly("1 {a=" + name + "}");
    }
  }

  @Test
  void parquet_numbers_that_are_none_do_no_harm() throws Exception {
    Path file = folder.resolve("t.parquet");
    sql("COPY (SELECT 'x' AS a, 'nan'::DOUBLE AS n, ['inf'::FLOAT] AS i) TO '" + file + "'");
    read(file, ReadOptions.standard());
    assertThat(rows).containsExactly("1 {a=x, n=NaN, i=[Infinity]}");
  }

  @Test
  void a_folder_or_glob_is_its_files_in_order() throws IOException {
    Files.createDirectories(folder.resolve("in/.hidden"));
    for (String name :
        List.of("b.jsonl", "a.csv.gz", "in/c.parquet", "in/notes.md", "in/.hidden/d.json")) {
      Files.writeString(folder.resolve(name), "");
    }
    assertThat(DataFiles.of(folder))
        .containsExactly(
            folder.resolve("a.csv.gz"), folder.resolve("b.jsonl"), folder.resolve("in/c.parquet"));
    assertThat(DataFiles.of(folder.resolve("*.jsonl"))).containsExactly(folder.resolve("b.jsonl"));
    assertThat(DataFiles.of(folder.resolve("**.{parquet,jsonl}"))).hasSize(2);
    assertThat(DataFiles.of(folder.resolve("i?/*.parquet")))
        .containsExactly(folder.resolve("in/c.parquet"));
    assertThatThrownBy(() -> DataFiles.of(folder.resolve("[.jsonl")))
        .hasMessageContaining("is no glob");
    assertThatThrownBy(() -> DataFiles.of(folder.resolve("*.txt")))
        .hasMessageContaining("found none");
    assertThatThrownBy(() -> DataFiles.of(folder.resolve("x.jsonl")))
        .hasMessageContaining("x.jsonl");
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement execute = connection.createStatement()) {
      execute.execute(statement);
    }
  }

  private void read(String name, String text, ReadOptions options) throws IOException {
    read(Files.writeString(folder.resolve(name), text), options);
  }

  private void read(Path file, ReadOptions options) {
    new RowFile(file)
        .read(
            options,
            new RowSink() {
              @Override
              public void row(int number, Map<String, @Nullable Object> columns) {
                rows.add(number + " " + columns);
              }

              @Override
              public void unreadable(int number, String reason, String hint, String text) {
                bad.add(number + " " + reason);
                hints.add(hint);
                texts.add(text);
              }
            });
  }
}
