package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code chat}, {@code evaluate} and {@code perplexity}. */
class UsingCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder = Path.of("");
  private static String model = "";
  private static String adapter = "";
  private static String rows = "";

  @BeforeAll
  static void write() throws IOException {
    Path chat = TinyModel.write(folder.resolve("chat"), Optional.of(TinyModel.CHATML));
    model = chat.toString();
    adapter = TinyModel.writeAdapter(chat, folder.resolve("adapter")).toString();
    Path file = folder.resolve("rows.jsonl");
    Files.writeString(
        file,
        """
        {"prompt": "The birch canoe", "completion": "slid on the smooth planks."}
        {"prompt": "Glue the sheet", "completion": "to the dark blue background."}
        """);
    rows = file.toString();
  }

  private static Cli say(String lines, String... more) {
    String[] args = new String[5 + more.length];
    List.of("chat", "--model", model, "--max-new-tokens", "8").toArray(args);
    System.arraycopy(more, 0, args, 5, more.length);
    InputStream before = System.in;
    try {
      System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
      return Cli.run(args);
    } finally {
      System.setIn(before);
    }
  }

  private static String first(Cli run) {
    return run.out().lines().findFirst().orElse("");
  }

  @Test
  void a_conversation_through_a_pipe_prints_one_answer_after_the_other() {
    Cli run = say("The birch\n\nGlue the sheet\n");
    assertThat(run.code()).isZero();
    Cli alone =
        Cli.run("generate", "--model", model, "--prompt", "The birch", "--max-new-tokens", "8");
    assertThat(run.out()).startsWith(alone.out());
    assertThat(run.err().lines().filter(line -> line.contains("cut off after 8"))).hasSize(2);
  }

  @Test
  void commands_begin_anew_set_the_system_and_leave() {
    Cli twice = say("The birch\n/reset\nThe birch\n/exit\nGlue\n");
    String answer = say("The birch\n").out();
    assertThat(twice.out()).isEqualTo(answer + answer);
    Cli told = say("The birch\n", "--system", "Glue the sheet");
    assertThat(told.out()).isNotEqualTo(answer);
    assertThat(say("/system Glue the sheet\nThe birch\n").out()).isEqualTo(told.out());
    assertThat(say("/system Glue\nhm\n/system\nThe birch\n").out()).endsWith(answer);
    Cli helped = say("/help\n/sing\n");
    assertThat(helped.out()).isEmpty();
    assertThat(helped.err()).contains("/reset", "/sing is no command");
  }

  @Test
  void a_turn_that_does_not_fit_is_refused_and_the_conversation_goes_on() {
    Cli run = say("the ".repeat(200) + "\nThe birch\n");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("error: ", "context");
    assertThat(first(run)).isEqualTo(first(say("The birch\n")));
  }

  @Test
  void evaluate_gives_the_figures_and_with_an_adapter_both_side_by_side() throws IOException {
    Cli alone = Cli.run("evaluate", "--model", model, "--data", rows, "--json");
    assertThat(alone.code()).isZero();
    JsonNode base = JSON.readTree(alone.out());
    assertThat(base.fieldNames())
        .toIterable()
        .containsExactly("loss", "token_accuracy", "label_tokens", "exact_match", "answers");
    assertThat(base.path("loss").asDouble()).isPositive();
    assertThat(base.path("exact_match").asDouble()).isZero();
    assertThat(base.path("answers").asInt()).isEqualTo(2);
    JsonNode both =
        JSON.readTree(
            Cli.run("evaluate", "--model", model, "--adapter", adapter, "--data", rows, "--json")
                .out());
    assertThat(both.fieldNames()).toIterable().containsExactly("adapter", "base");
    assertThat(both.path("base")).isEqualTo(base);
    assertThat(both.path("adapter").path("loss").asDouble())
        .isPositive()
        .isNotEqualTo(base.path("loss").asDouble());
    assertThat(Cli.run("evaluate", "--model", model, "--adapter", adapter, "--data", rows).out())
        .containsPattern("adapter +base")
        .containsPattern("exact match +0.0000 +0.0000 +of 2 answers");
  }

  @Test
  void perplexity_states_its_windows() throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "The birch canoe slid on the smooth planks. ".repeat(30));
    Cli run = Cli.run("perplexity", "--model", model, "--text", text.toString(), "--json");
    JsonNode json = JSON.readTree(run.out());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "perplexity", "nll_per_token", "tokens", "windows", "window_length", "prefix");
    double nll = json.path("nll_per_token").asDouble();
    assertThat(json.path("perplexity").asDouble()).isEqualTo(Math.exp(nll));
    int tokens = json.path("tokens").asInt();
    assertThat(json.path("windows").asInt()).isEqualTo((tokens + 126) / 127).isGreaterThan(1);
    assertThat(json.path("prefix").asText()).isEqualTo("bos");
    assertThat(Cli.run("perplexity", "--model", model, "--text", text + "").out())
        .contains("of up to 128 tokens, each after BOS");
    Cli wrong = Cli.run("perplexity", "--model", model, "--text", text + "", "--window", "129");
    assertThat(wrong.code()).isEqualTo(2);
  }
}
