package dev.luthier.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.luthier.LuthierException;
import dev.luthier.data.DataFile;
import dev.luthier.data.Example;
import dev.luthier.data.ExampleReader;
import dev.luthier.data.Refusal;
import dev.luthier.data.Row;
import dev.luthier.format.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads seed tasks: rows as {@code sft} takes them, of one question and one answer each (a system
 * turn before them is left out), or the {@code seed_tasks.jsonl} of Self-Instruct and Alpaca, where
 * a row has an {@code instruction} and a list of {@code instances} with {@code input} and {@code
 * output}, of which the first counts.
 */
public final class SeedReader {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int LISTED = 10;

  private SeedReader() {}

  /**
   * Reads a file.
   *
   * @throws LuthierException listing every row that is no task
   */
  public static List<SeedTask> read(Path file) {
    List<SeedTask> tasks = new ArrayList<>();
    List<Refusal> refused = new ArrayList<>();
    if (hasInstances(file)) {
      instances(file, tasks, refused);
    } else {
      DataFile rows = ExampleReader.read(file);
      refused.addAll(rows.refused());
      for (Row row : rows.rows()) {
        task(source(file, row.number()), row.example())
            .ifPresentOrElse(
                tasks::add,
                () ->
                    refused.add(
                        new Refusal(
                            file.toString(),
                            row.number(),
                            "expected one question and one answer to it")));
      }
    }
    check(file, refused);
    return tasks;
  }

  private static String source(Path file, int row) {
    return file.getFileName() + "#" + row;
  }

  private static void check(Path file, List<Refusal> refused) {
    if (refused.isEmpty()) {
      return;
    }
    StringBuilder lines = new StringBuilder(file + " has rows that are no seed tasks:");
    for (Refusal refusal : refused.subList(0, Math.min(LISTED, refused.size()))) {
      lines.append("\n  row ").append(refusal.row()).append(": ").append(refusal.reason());
    }
    if (refused.size() > LISTED) {
      lines.append("\n  and ").append(refused.size() - LISTED).append(" more");
    }
    throw new LuthierException(lines.append("\nMend or remove them.").toString());
  }

  private static Optional<SeedTask> task(String source, Example example) {
    if (example instanceof Example.Instruction alpaca && alpaca.history().isEmpty()) {
      return Optional.of(
          new SeedTask(source, alpaca.instruction(), alpaca.input(), alpaca.output()));
    }
    if (example instanceof Example.PromptCompletion pair) {
      return Optional.of(new SeedTask(source, pair.prompt(), "", pair.completion()));
    }
    return example instanceof Example.Chat chat ? exchange(source, chat) : Optional.empty();
  }

  /** A user's turn and the answer to it; a system turn before them is left out. */
  private static Optional<SeedTask> exchange(String source, Example.Chat chat) {
    List<Map<String, @Nullable Object>> turns =
        chat.messages().stream().filter(m -> !"system".equals(m.get("role"))).toList();
    if (turns.size() == 2
        && "user".equals(turns.get(0).get("role"))
        && "assistant".equals(turns.get(1).get("role"))
        && turns.get(0).get("content") instanceof String question
        && turns.get(1).get("content") instanceof String answer) {
      return Optional.of(new SeedTask(source, question, "", answer));
    }
    return Optional.empty();
  }

  private static boolean hasInstances(Path file) {
    try (BufferedReader in = Files.newBufferedReader(file)) {
      String line = in.readLine();
      while (line != null && line.isBlank()) {
        line = in.readLine();
      }
      return line != null && parse(line).has("instances");
    } catch (IOException e) {
      // The reader of rows says what is wrong with the file.
      return false;
    }
  }

  private static void instances(Path file, List<SeedTask> tasks, List<Refusal> refused) {
    try (BufferedReader in = Files.newBufferedReader(file)) {
      int number = 0;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        JsonNode row = parse(line);
        JsonNode first = row.path("instances").path(0);
        if (row.path("instruction").isTextual() && first.path("output").isTextual()) {
          tasks.add(
              new SeedTask(
                  source(file, number),
                  row.path("instruction").asText(),
                  first.path("input").asText(""),
                  first.path("output").asText()));
        } else {
          refused.add(
              new Refusal(
                  file.toString(),
                  number,
                  "expected instruction, and instances with input and output"));
        }
      }
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** A missing node where the text is not JSON. */
  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }
}
