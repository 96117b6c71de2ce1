package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code luthier data prepare} and what comes after it. */
class DataPrepareCommandTest {
  @TempDir private static Path folder = Path.of("");
  private static TinyRun tiny = new TinyRun(Path.of(""), Path.of(""), Path.of(""), List.of());

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path here;

  @BeforeAll
  static void base() throws IOException {
    tiny = TinyRun.in(folder);
  }

  private Cli prepare(String output, String... more) {
    List<String> all = new ArrayList<>(List.of("data", "prepare"));
    all.addAll(List.of("--model", tiny.model().toString()));
    all.addAll(List.of("--output", here.resolve(output).toString(), "--set", "data.maxLength=128"));
    all.addAll(List.of(more));
    return Cli.run(all.toArray(String[]::new));
  }

  private static List<String> lines(Path file) throws IOException {
    return Files.readAllLines(file);
  }

  @Test
  void a_file_becomes_a_set_that_sft_takes() throws IOException {
    Cli cli = prepare("set", "--data", tiny.data().toString(), "--set", "clean.duplicates=none");
    assertThat(cli.code()).as(cli.err()).isZero();
    PreparedSet set = PreparedSet.open(here.resolve("set"));
    int rows = lines(tiny.data()).size();
    assertThat(cli.out())
        .contains("hash   " + set.hash())
        .containsPattern("(?m)^read +%d +%d$".formatted(rows, rows))
        .containsPattern("(?m)^train +%d rows, [\\d,]+ tokens".formatted(rows))
        .contains("Next: luthier sft --model " + tiny.model() + " --data " + here.resolve("set"));
    Cli sft =
        Cli.run(
            "sft",
            "--model",
            tiny.model().toString(),
            "--data",
            here.resolve("set").toString(),
            "--output",
            here.resolve("adapter").toString(),
            "--set",
            "train.maxSteps=2");
    assertThat(sft.code()).as(sft.err()).isZero();
    JsonNode run = Json.read(here.resolve("adapter").resolve("run.json"));
    assertThat(run.at("/run/hashes/data").asText()).isEqualTo(set.hash());
  }

  @Test
  void several_files_and_a_yaml_are_told_as_json() throws IOException {
    Path more =
        Files.writeString(
            here.resolve("more, it's.jsonl"),
            "{\"prompt\": \"one two\", \"completion\": \"three four\"}\nbroken\n");
    Path yaml =
        Files.writeString(
            here.resolve("set.yaml"),
            "split: {eval: 2}\nclean: {duplicates: none}\ndata: {badRows: skip}\n");
    Cli cli =
        prepare(
            "set",
            "--config",
            yaml.toString(),
            "--data",
            tiny.data().toString(),
            more.toString(),
            "--json");
    assertThat(cli.code()).as(cli.err()).isZero();
    JsonNode out = Json.parse(cli.out(), "out");
    int rows = lines(tiny.data()).size();
    assertThat(out.at("/hash").asText()).hasSize(64);
    assertThat(out.at("/kind").asText()).isEqualTo("sft");
    assertThat(out.at("/stages/0/name").asText()).isEqualTo("read");
    assertThat(out.at("/stages/0/rowsIn").asInt()).isEqualTo(rows + 2);
    assertThat(out.at("/stages/0/dropped/unreadable").asInt()).isEqualTo(1);
    assertThat(out.at("/splits/eval/rows").asInt()).isEqualTo(2);
    assertThat(out.at("/splits/train/rows").asInt()).isEqualTo(rows - 1);
  }

  @Test
  void pairs_are_not_recommended_to_sft() throws IOException {
    Path pairs =
        Files.writeString(
            here.resolve("pairs.jsonl"),
            "{\"prompt\": \"a b\", \"chosen\": \"c d\", \"rejected\": \"e f\"}\n");
    Cli cli = prepare("set", "--data", pairs.toString());
    assertThat(cli.code()).as(cli.err()).isZero();
    assertThat(cli.out()).doesNotContain("luthier sft");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "split.eval=1.5;split.eval is 1.5: must be a share below 1 or a whole number of rows",
        "date=2026-02-30;date is 2026-02-30: must be such as 2026-01-31",
        "data.train=x;data.train and data.eval are a run's; name sources, and split.eval",
        "clean.duplicates=some;clean.duplicates"
      })
  void wrong_settings_are_refused_before_any_work(String setting, String complaint) {
    Cli cli = prepare("set", "--data", tiny.data().toString(), "--set", setting);
    assertThat(cli.code()).isEqualTo(Program.WRONG_USE);
    assertThat(cli.err()).contains(complaint);
    assertThat(here).isEmptyDirectory();
  }

  @Test
  void a_folder_with_something_else_is_left_alone() throws IOException {
    Files.createDirectories(here.resolve("set"));
    Files.writeString(here.resolve("set").resolve("notes.txt"), "mine");
    Cli cli = prepare("set", "--data", tiny.data().toString());
    assertThat(cli.code()).isEqualTo(Program.WRONG_USE);
    assertThat(cli.err()).contains("is already there and is no prepared set");
    assertThat(here.resolve("set")).isDirectoryContaining("glob:**notes.txt");
    assertThat(here.resolve("set.preparing")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"data-prepare", "data-check"})
  void every_setting_is_printed_and_can_be_used(String verb) throws IOException {
    Cli config = Cli.run("config", verb);
    assertThat(config.code()).isZero();
    assertThat(config.out()).contains("Settings of luthier " + verb.replace('-', ' '));
    Path yaml = Files.writeString(here.resolve("all.yaml"), config.out());
    List<String> command = new ArrayList<>(List.of(verb.split("-")));
    command.addAll(List.of("--config", yaml.toString(), "--model", tiny.model().toString()));
    command.addAll(List.of("--data", tiny.data().toString(), "--set", "data.maxLength=128"));
    if (verb.equals("data-prepare")) {
      command.addAll(List.of("--output", here.resolve("set").toString()));
    }
    Cli cli = Cli.run(command.toArray(String[]::new));
    assertThat(cli.code()).as(cli.err()).isNotEqualTo(Program.WRONG_USE);
  }
}
