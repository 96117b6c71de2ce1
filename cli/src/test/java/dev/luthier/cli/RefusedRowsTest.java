package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.format.Json;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that a run cannot use. */
class RefusedRowsTest {
  @TempDir private Path temp = Path.of("");

  private static List<String> messages(TinyRun run) {
    List<String> messages = new ArrayList<>();
    run.finish(
        new TrainListener() {
          @Override
          public void message(String text) {
            messages.add(text);
          }
        });
    return messages;
  }

  @Test
  void they_are_in_a_file_with_their_reasons_and_the_run_says_so() throws IOException {
    TinyRun run = TinyRun.in(temp, "data.badRows=skip", "train.maxSteps=2");
    List<String> rows = new ArrayList<>(Files.readAllLines(run.data()));
    rows.set(4, "{\"prompt\": \"who?\", \"completion\": 7}");
    rows.set(9, "{\"prompt\": \"cut");
    Files.write(run.data(), rows);
    Path file = run.output().resolve("refused.jsonl");
    assertThat(messages(run)).contains("data: the 2 refused rows are in " + file);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2);
    JsonNode first = Json.parse(lines.get(0), "refused");
    assertThat(first.path("file").asText()).isEqualTo(run.data().toString());
    assertThat(first.path("row").asInt()).isEqualTo(5);
    assertThat(first.path("reason").asText()).contains("completion: expected a string, found 7");
    assertThat(first.path("text").asText()).contains("who?");
    JsonNode second = Json.parse(lines.get(1), "refused");
    assertThat(second.path("row").asInt()).isEqualTo(10);
    assertThat(second.path("hint").asText()).isNotBlank();
    assertThat(second.path("text").asText()).isEqualTo(rows.get(9));
  }

  @Test
  void where_there_are_none_there_is_no_file() throws IOException {
    TinyRun run = TinyRun.in(temp, "train.maxSteps=2");
    assertThat(messages(run)).noneMatch(message -> message.contains("refused"));
    assertThat(run.output().resolve("refused.jsonl")).doesNotExist();
  }
}
