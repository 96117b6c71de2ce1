package dev.luthier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.data.PromptEncoder;
import dev.luthier.format.AtomicFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A JSONL file of prompts: what is asked, and the columns, which the answers are written beside.
 *
 * @param path where it stands
 * @param rows those that are not blank, in order
 */
record BatchFile(Path path, List<BatchFile.Row> rows) {
  /** How many rows an error lists. */
  private static final int LISTED = 20;

  /** Numbers are written as they were read. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private static final TypeReference<Map<String, Object>> COLUMNS = new TypeReference<>() {};

  /**
   * One row.
   *
   * @param line its line, from 1
   * @param columns as they were read
   * @param prompt the ids to continue
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Row(int line, ObjectNode columns, int[] prompt) {}

  /**
   * Reads a file.
   *
   * @throws LuthierException naming every row that cannot be asked, and why
   */
  static BatchFile read(Path path, PromptEncoder prompts) {
    String text = TextFiles.read(path);
    // Editors on Windows put a byte order mark in front.
    List<String> lines = (text.startsWith("\uFEFF") ? text.substring(1) : text).lines().toList();
    List<Row> rows = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        try {
          rows.add(row(i + 1, lines.get(i), prompts));
        } catch (LuthierException e) {
          refused.add("  row " + (i + 1) + ": " + e.getMessage());
        }
      }
    }
    refuse(path, refused);
    if (rows.isEmpty()) {
      throw new LuthierException(path + ": expected one JSON object per line, found no row");
    }
    return new BatchFile(path, rows);
  }

  private static Row row(int line, String text, PromptEncoder prompts) {
    try {
      JsonNode value = JSON.readTree(text);
      if (!(value instanceof ObjectNode columns)) {
        throw new LuthierException("expected a JSON object");
      }
      return new Row(line, columns, prompts.encode(JSON.convertValue(columns, COLUMNS)));
    } catch (JsonProcessingException e) {
      throw new LuthierException("is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Checks that every row leaves room for an answer.
   *
   * @throws LuthierException naming those that do not
   */
  void check(int context, boolean exceedContext) {
    List<String> refused = new ArrayList<>();
    for (Row row : rows) {
      int length = row.prompt().length;
      if (length == 0) {
        refused.add("  row " + row.line() + ": has no tokens");
      } else if (length >= context && !exceedContext) {
        refused.add(
            "  row " + row.line() + ": has " + length + " tokens, and the context is " + context);
      }
    }
    refuse(path, refused);
  }

  private static void refuse(Path path, List<String> refused) {
    if (refused.isEmpty()) {
      return;
    }
    List<String> listed = new ArrayList<>(refused.subList(0, Math.min(LISTED, refused.size())));
    if (refused.size() > LISTED) {
      listed.add("  and " + (refused.size() - LISTED) + " more");
    }
    throw new LuthierException(
        path
            + " has rows that cannot be answered; mend or remove them:\n"
            + String.join("\n", listed));
  }

  /**
   * Checks, before the work is done, that there is a folder to write the answers into.
   *
   * @throws LuthierException when there is none
   */
  void checkOutput(Path output) {
    Path folder = output.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(output)) {
      throw new LuthierException(
          output + " cannot be written: expected a file name in a folder that exists");
    }
  }

  /** Writes the rows with their answers, whole or not at all. */
  void write(Path output, List<Map<String, Object>> answers) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      ObjectNode line = rows.get(i).columns().deepCopy();
      answers.get(i).forEach((name, value) -> line.set(name, JSON.valueToTree(value)));
      text.append(line).append('\n');
    }
    AtomicFile.writeText(output, text.toString());
  }
}
