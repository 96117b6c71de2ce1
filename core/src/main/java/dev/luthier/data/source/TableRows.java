package dev.luthier.data.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
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
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;

  TableRows(Path path) {
    this.path = path;
  }

  void read(Optional<String> query, RowSink sink) {
    String table = "'" + path.toString().replace("'", "''") + "'";
    Properties settings = new Properties();
    settings.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
    settings.setProperty("memory_limit", "512MB");
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("autoload_known_extensions", "false");
    int number = 0;
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:", settings);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE VIEW data AS SELECT * FROM " + table);
      String rows = query.orElse("SELECT * FROM data");
      try (ResultSet result =
          statement.executeQuery("SELECT CAST(to_json(r) AS VARCHAR) FROM (" + rows + ") r")) {
        while (result.next()) {
          number++;
          sink.row(number, columns(result.getString(1)));
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

  @SuppressWarnings("unchecked") // a JSON object's keys are strings
  private Map<String, @Nullable Object> columns(String json) {
    try {
      return new LinkedHashMap<>(JSON.readValue(json, Map.class));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("DuckDB wrote JSON that is none", e);
    }
  }
}
