package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data diff} on sets that {@code data prepare} made. */
class DataDiffTest {
  @TempDir private static Path folder = Path.of("");
  private static Path a = Path.of("");
  private static Path b = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"), Optional.of(TinyModel.CHATML));
    a = prepare(model, "a", "clean.duplicates=near", "red", "blue", "blue", "green");
    b = prepare(model, "b", "clean.duplicates=none", "red", "blue", "blue", "white", "black");
  }

  /** A set of rows with these answers. */
  private static Path prepare(Path model, String name, String setting, String... answers)
      throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String answer : answers) {
      lines.append("{\"prompt\": \"Which?\", \"completion\": \"" + answer + "\"}\n");
    }
    Path rows = Files.writeString(folder.resolve("rows.jsonl"), lines);
    Path output = folder.resolve(name);
    Cli run =
        Cli.run(
            "data",
            "prepare",
            "--model",
            model + "",
            "--data",
            rows + "",
            "--output",
            output + "",
            "--set",
            setting,
            "--set",
            "data.maxLength=64",
            "--set",
            "clean.repair=true");
    assertThat(run.code()).as(run.err()).isZero();
    return output;
  }

  @Test
  void settings_sources_stages_and_rows_that_differ_are_named() {
    Cli run = Cli.run("data", "diff", a + "", b + "");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("A  " + PreparedSet.open(a).hash() + "  " + a)
        .containsPattern("clean\\.duplicates +near -> none\n")
        .doesNotContain("maxLength")
        .containsPattern("rows\\.jsonl.* 4 rows, .*\n? +-> 5 rows")
        .containsPattern("duplicates +4 rows in, 3 out; left out 1 exact -> 5 rows in, 5 out\n")
        .contains("train: 3 rows, now 5 (+2); ")
        .containsPattern("only in A: 1 row\n +row 2, from .*rows\\.jsonl row 4: Which\\? green\n")
        .contains("only in B: 3 rows\n")
        .containsPattern("row 1, from .*rows\\.jsonl row 2: Which\\? blue\n")
        .containsPattern("row 4, from .*rows\\.jsonl row 5: Which\\? black\n$");
  }

  @Test
  void more_rows_than_are_shown_are_counted() {
    assertThat(Cli.run("data", "diff", a + "", b + "", "--rows", "1").out())
        .contains("only in B: 3 rows\n")
        .contains("Which? blue\n    and 2 more\n")
        .doesNotContain("black");
    assertThat(Cli.run("data", "diff", a + "", b + "", "--rows", "0").out())
        .contains("only in B: 3 rows\n")
        .doesNotContain("more");
  }

  @Test
  void json_is_the_same_account() {
    Cli run = Cli.run("data", "diff", a + "", b + "", "--json");
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).hasSize(1);
    JsonNode json = Json.parse(run.out(), "output");
    assertThat(json.path("same").asBoolean()).isFalse();
    assertThat(json.at("/settings").toString())
        .isEqualTo("{\"clean.duplicates\":{\"before\":\"near\",\"after\":\"none\"}}");
    assertThat(json.at("/stages/duplicates/before/dropped/exact").asInt()).isEqualTo(1);
    assertThat(json.at("/splits/train/added/count").asInt()).isEqualTo(3);
    assertThat(json.at("/splits/train/removed/rows/0/example/completion").asText())
        .isEqualTo("green");
    long tokens = PreparedSet.open(b).split("train").counts().tokens();
    assertThat(json.at("/splits/train/tokensAfter").asLong()).isEqualTo(tokens);
  }

  @Test
  void equal_hashes_are_the_same_set() {
    Cli run = Cli.run("data", "diff", a + "", a + "");
    assertThat(run.code()).isZero();
    assertThat(run.out()).endsWith("They are the same set.\n").doesNotContain("train");
    JsonNode json = Json.parse(Cli.run("data", "diff", a + "", a + "", "--json").out(), "output");
    assertThat(json.path("same").asBoolean()).isTrue();
  }

  @Test
  void what_is_no_set_fails() {
    Cli run = Cli.run("data", "diff", a + "", folder + "");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains(folder + " is no prepared set");
    assertThat(Cli.run("data", "diff", a + "").code()).isEqualTo(2);
    assertThat(Cli.run("data", "diff", a + "", b + "", "--rows", "-1").code()).isEqualTo(2);
  }
}
