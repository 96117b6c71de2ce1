package dev.luthier.data.quality;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.Assets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** Prompts and answers of the sets under the assets. */
final class RealTexts {
  private RealTexts() {}

  record Pair(String prompt, String answer) {}

  static List<Pair> alpaca() {
    return alpaca("data-alpaca/alpaca_5000.json");
  }

  static List<Pair> alpacaCleaned() {
    return alpaca("data-alpaca/alpaca_data_cleaned_1000.json");
  }

  static List<Pair> alpacaDemo() {
    return alpaca("data-llamafactory-demos/alpaca_en_demo.json");
  }

  static List<Pair> identity() {
    return alpaca("data-llamafactory-demos/identity.json");
  }

  static List<Pair> gsm8k() {
    return lines("data-gsm8k/train.jsonl").stream()
        .map(row -> new Pair(row.path("question").asText(), row.path("answer").asText()))
        .toList();
  }

  /** Chosen answers of the preference demo. */
  static List<Pair> preferred() {
    List<Pair> pairs = new ArrayList<>();
    for (JsonNode row : Assets.json("data-llamafactory-demos/dpo_en_demo.json")) {
      JsonNode turns = row.path("conversations");
      pairs.add(
          new Pair(
              turns.path(turns.size() - 1).path("value").asText(),
              row.path("chosen").path("value").asText()));
    }
    return pairs;
  }

  /** Every turn of the assistant in the tool-calling demo, with what it answers. */
  static List<Pair> toolCalls() {
    List<Pair> pairs = new ArrayList<>();
    for (JsonNode row : Assets.json("data-llamafactory-demos/glaive_toolcall_en_demo.json")) {
      String before = "";
      for (JsonNode turn : row.path("conversations")) {
        if (turn.path("from").asText().equals("gpt")) {
          pairs.add(new Pair(before, turn.path("value").asText()));
        }
        before = turn.path("value").asText();
      }
    }
    return pairs;
  }

  /** Web pages of C4. */
  static List<String> web() {
    return lines("data-llamafactory-demos/c4_demo.jsonl").stream()
        .map(row -> row.path("text").asText())
        .toList();
  }

  private static List<Pair> alpaca(String file) {
    List<Pair> pairs = new ArrayList<>();
    for (JsonNode row : Assets.json(file)) {
      String input = row.path("input").asText();
      String instruction = row.path("instruction").asText();
      pairs.add(
          new Pair(
              input.isEmpty() ? instruction : instruction + "\n" + input,
              row.path("output").asText()));
    }
    return pairs;
  }

  private static List<JsonNode> lines(String file) {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> rows = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(Assets.path(file))) {
        rows.add(json.readTree(line));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }
}
