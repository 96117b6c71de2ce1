package dev.luthier.data.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.duckdb.DuckDBDriver;
import org.jspecify.annotations.Nullable;

/**
 * Parquet files, and SQL over any table that DuckDB reads, row by row in the file's order. A row
 * comes over as JSON, which says nested lists and structures the way all other files do. DuckDB
 * loads nothing over the network and keeps to 512 MB.
 */
final class TableRows {
  /** DuckDB writes NaN and Infinity as they are. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** Where DuckDB puts what does not fit into memory, which only a query can need. */
  private static final String SCRATCH =
      Path.of(System.getProperty("java.io.tmpdir"), "luthier-" + ProcessHandle.current().pid())
          .toString();

  private final Path path;
  private final boolean parquet;

  /**
   * @param parquet whether the file is Parquet, whatever its name; DuckDB knows others by theirs
   */
  TableRows(Path path, boolean parquet) {
    this.path = path;
    this.parquet = parquet;
  }

  void read(Optional<String> query, RowSink sink) {
    Properties settings = new Properties();
    settings.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
    settings.setProperty("memory_limit", "512MB");
    settings.setProperty("temp_directory", SCRATCH);
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    int number = 0;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:", settings);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE VIEW data AS SELECT * FROM " + table());
      String rows = query.orElse("SELECT * FROM data");
      try (ResultSet result =
          statement.executeQuery("SELECT CAST(to_json(r) AS VARCHAR) FROM (" + rows + ") r")) {
        while (result.next()) {
          number++;
          row(number, result.getString(1), sink);
        }
      }
    } catch (SQLException e) {
      throw new LuthierException(
          path
              + (number == 0 ? "" : ", after row " + number)
              + ": cannot be read as a table: "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          e);
    }
  }

  /** The file in SQL; what is a pattern in a name to DuckDB stands in brackets, for itself. */
  private String table() {
    String name = path.toString().replaceAll("[*?\\[]", "[$0]").replace("'", "''");
    return parquet ? "read_parquet('" + name + "')" : "'" + name + "'";
  }

  @SuppressWarnings("unchecked") // a JSON object's keys are strings
  private static void row(int number, String json, RowSink sink) {
    Map<String, @Nullable Object> columns;
    try {
      columns = new LinkedHashMap<>(JSON.readValue(json, Map.class));
    } catch (JsonProcessingException e) {
      String reason = "the row cannot be taken over: " + e.getOriginalMessage();
      sink.unreadable(
          number, reason, "", json.substring(0, Math.min(json.length(), RowSink.MOST_TEXT)));
      return;
    }
    sink.row(number, columns);
  }
}
