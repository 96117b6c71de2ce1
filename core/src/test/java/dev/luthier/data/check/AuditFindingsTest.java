package dev.luthier.data.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.Counts;
import dev.luthier.UsageException;
import dev.luthier.data.DataSettings;
import dev.luthier.data.check.AuditReport.ExampleRow;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.data.CheckRun;
import dev.luthier.recipe.data.CheckSettings;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a finding says of its limit, and what its command takes along. */
class AuditFindingsTest {
  private static final int ROWS = 200;
  private static final String BROKEN = "{\"prompt\": ";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @BeforeEach
  void model() throws IOException {
    TestTokenizers.write(folder, 400, TestTokenizers.roles(true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | error | WARNING | 2 of 200 rows cannot be read; a run would go on: 2 of all rows cannot"
            + " be used, and up to 1 % may be (data.badRows=error)",
        "3 | error | ERROR | 3 of 200 rows cannot be read; a run would stop: 3 of all rows cannot"
            + " be used, and no more than 1 % may be (data.badRows=error)",
        "1 | strict | ERROR | 1 of 200 rows cannot be read; a run would stop: 1 of all rows cannot"
            + " be used, and none may be (data.badRows=strict)",
        "9 | skip | WARNING | 9 of 200 rows cannot be read; a run would go on: what cannot be used"
            + " is left out (data.badRows=skip)"
      })
  void rows_that_cannot_be_used_are_an_error_where_they_stop_a_run(
      int broken, String rule, Severity severity, String words) throws IOException {
    List<String> rows = rows();
    for (int i = 0; i < broken; i++) {
      rows.set(10 * i, BROKEN);
    }
    Finding finding = only(Fault.UNREADABLE, audit(rows, "data.badRows=" + rule));
    assertThat(finding.severity()).isEqualTo(severity);
    assertThat(finding.words()).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | error | WARNING | 2 of 200 rows are longer than data.maxLength; a run would leave them"
            + " out: up to 1 % of the rows may be (data.maxLength=64, data.overflow=error)",
        "3 | error | ERROR | 3 of 200 rows are longer than data.maxLength; a run would stop: no more"
            + " than 1 % of the rows may be (data.maxLength=64, data.overflow=error)",
        "1 | truncate | WARNING | 1 of 200 rows is longer than data.maxLength; a run would cut them"
            + " (data.maxLength=64, data.overflow=truncate)"
      })
  void long_rows_are_an_error_where_they_stop_a_run(
      int longer, String rule, Severity severity, String words) throws IOException {
    List<String> rows = rows();
    for (int i = 0; i < longer; i++) {
      rows.set(10 * i, row("Count to " + i, "one two three, four five six. ".repeat(12)));
    }
    Finding finding =
        only(Fault.TOO_LONG, audit(rows, "data.maxLength=64", "data.overflow=" + rule));
    assertThat(finding.severity()).isEqualTo(severity);
    assertThat(finding.words()).isEqualTo(words);
  }

  @Test
  void a_command_has_what_the_audit_was_set_to_and_what_would_stop_it_otherwise()
      throws IOException {
    List<String> rows = rows();
    rows.set(1, rows.get(0));
    for (int i = 2; i < 5; i++) {
      rows.set(i, BROKEN);
      rows.set(10 + i, row("Count to " + i, "one two three, four five six. ".repeat(12)));
    }
    List<Finding> findings =
        audit(rows, "data.maxLength=64", "data.columns.prompt=prompt", "privacy.region=DE");
    assertThat(only(Fault.EXACT_DUPLICATES, findings).command())
        .endsWith(
            " --output prepared --set data.maxLength=512"
                + " --set 'data.columns={\"prompt\":\"prompt\"}' --set privacy.region=DE"
                + " --set data.badRows=skip --set clean.duplicates=near");
    assertThat(only(Fault.UNREADABLE, findings).command())
        .contains(" --set data.badRows=repair")
        .doesNotContain("data.badRows=skip");
  }

  @Test
  void a_command_on_sound_rows_has_nothing_but_what_it_is_for() throws IOException {
    List<String> rows = rows();
    rows.set(1, rows.get(0));
    assertThat(only(Fault.EXACT_DUPLICATES, audit(rows)).command())
        .isEqualTo(
            "luthier data prepare --model "
                + folder
                + " --data "
                + folder.resolve("rows.jsonl")
                + " --output prepared --set clean.duplicates=near");
  }

  @Test
  void a_rejected_answer_may_be_as_bad_as_it_likes() throws IOException {
    String pair = "{\"prompt\": \"Who?\", \"chosen\": \"%s\", \"rejected\": \"%s\"}";
    List<String> rows = new ArrayList<>();
    rows.add(String.format(pair, "The king.", "N/A"));
    rows.add(String.format(pair, "I'm sorry, but I can't help with that.", "The queen of spades."));
    List<Finding> findings = audit(rows);
    assertThat(findings).extracting(Finding::fault).doesNotContain(Fault.EMPTY_ANSWER);
    assertThat(only(Fault.REFUSAL, findings).places())
        .extracting(Finding.Place::row)
        .containsExactly(2);
  }

  @Test
  void examples_are_first_rows_a_longest_one_and_those_of_the_worst_findings() throws IOException {
    List<String> rows = rows();
    rows.set(1, row("Whom?", "Ask anna.schmidt@gmx.de, she knows it.")); // never shown
    rows.set(50, row("Count", "one two three, four five six. ".repeat(12)));
    rows.set(60, row("Count on", "one two three, four five six. ".repeat(14)));
    rows.set(70, BROKEN);
    rows.set(80, row("How?", "I'm sorry, but I can't help with that."));
    rows.set(90, row("And how?", "I'm sorry, but I can't help with that."));
    List<ExampleRow> examples = report(rows, "data.maxLength=64").examples();
    assertThat(examples).extracting(e -> e.row().row()).containsExactly(1, 3, 4, 61, 71, 51);
    assertThat(examples.get(0).why()).containsExactly("one of the first rows");
    assertThat(examples.get(3).why())
        .satisfiesExactly(
            why -> assertThat(why).isEqualTo("one of the longest"),
            why -> assertThat(why).startsWith("is longer than data.maxLength: 340 tokens, "),
            why -> assertThat(why).startsWith("has an answer that repeats itself: "));
    assertThat(examples.get(4).row().tokens()).isZero();
    assertThat(examples.get(4).row().segments().get(0).text()).isEqualTo(BROKEN);
    assertThat(examples.get(4).why()).singleElement().asString().startsWith("cannot be read: ");
    assertThat(report(rows, "data.maxLength=64", "examples=8").examples())
        .extracting(e -> e.row().row())
        .containsExactly(1, 3, 4, 5, 61, 71, 51, 81);
    assertThat(report(rows, "examples=0").examples()).isEmpty();
    assertThat(report(rows, "data.maxLength=64", "threads=3").examples()).isEqualTo(examples);
  }

  @Test
  void where_no_row_can_be_read_the_columns_are_asked_for_and_nothing_else_is_said()
      throws IOException {
    List<String> rows = Collections.nCopies(ROWS, "{\"Frage\": \"a\", \"Antwort\": \"b\"}");
    AuditReport report = report(rows);
    Finding finding = only(Fault.UNREADABLE, report.findings());
    assertThat(finding.advice()).contains("data.columns");
    assertThat(finding.command()).isEmpty();
    assertThat(report.findings()).noneMatch(other -> other.fault() == Fault.SMALL);
    assertThat(new AuditText(false).render(report))
        .contains("format     none known")
        .contains("rows 1, 2, 3, 4, 5 and 195 more: ")
        .doesNotContain("tokens", "answers lost");
  }

  @Test
  void a_prepared_set_is_told_from_rows() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), "{\"format\": \"luthier-prepared-set\"}");
    Settings settings = new Settings().set("model=" + folder).set("inputs=[" + folder + "]");
    CheckSettings set = settings.bind(CheckSettings.class);
    assertThatThrownBy(() -> CheckRun.run(set, (what, done, total) -> {}, () -> false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("luthier data show " + folder)
        .hasMessageEndingWith("--data " + folder.resolve("train.jsonl"));
  }

  @Test
  void settings_of_a_command_give_the_same_settings_again() {
    Settings some =
        new Settings()
            .set("data.columns.prompt=a \"b\"")
            .set("data.template=chatml")
            .set("data.header=false")
            .set("privacy.kinds=[email, phone]")
            .set("privacy.patterns={\"badge\": \"[A-Z]\\\\d[0-9]\"}")
            .set("duplicates.near=0")
            .set("model=m")
            .set("inputs=[rows.jsonl]");
    CheckSettings before = some.bind(CheckSettings.class);
    Settings again = new Settings().set("model=m").set("inputs=[rows.jsonl]");
    Settings.changed("data", before.data()).forEach(again::set);
    Settings.changed("duplicates", before.duplicates()).forEach(again::set);
    Settings.changed("privacy", before.privacy()).forEach(again::set);
    assertThat(again.bind(CheckSettings.class)).isEqualTo(before);
    assertThat(Settings.changed("data", DataSettings.defaults())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "a/b.jsonl",
        "two words",
        "it's",
        "$HOME `id` \\ ; & * ?",
        "{\"prompt\":\"x\"}",
        "ä"
      })
  void a_shell_takes_each_word_as_it_is(String word) throws Exception {
    Process shell = new ProcessBuilder("sh", "-c", "printf %s " + Commands.quoted(word)).start();
    assertThat(shell.inputReader().readLine()).isEqualTo(word);
  }

  @Test
  void one_row_does_what_many_rows_do() {
    assertThat(Fault.REFUSAL.title(1)).isEqualTo("declines what was asked");
    assertThat(Fault.REFUSAL.title(2)).isEqualTo("decline what was asked");
    assertThat(Fault.MOJIBAKE.title(1)).startsWith("was decoded");
    assertThat(Fault.NO_STOP.title(1)).startsWith("does not end");
    assertThat(Fault.UNREADABLE.title(1)).isEqualTo("cannot be read");
    assertThat(Fault.MARKUP.title(1)).startsWith("has ");
    assertThat(Fault.TOO_LONG.title(1)).startsWith("is longer");
    assertThat(Counts.of(1, "row")).isEqualTo("1 row");
    assertThat(Counts.of(0, "row")).isEqualTo("0 rows");
    assertThat(Counts.of(1234, "row")).isEqualTo("1,234 rows");
  }

  private List<Finding> audit(List<String> rows, String... set) throws IOException {
    return report(rows, set).findings();
  }

  private AuditReport report(List<String> rows, String... set) throws IOException {
    Path file = Files.write(folder.resolve("rows.jsonl"), rows);
    Settings settings = new Settings().set("model=" + folder).set("inputs=[" + file + "]");
    List.of(set).forEach(settings::set);
    return CheckRun.run(settings.bind(CheckSettings.class), (what, done, total) -> {}, () -> false);
  }

  private static Finding only(Fault fault, List<Finding> findings) {
    List<Finding> found = findings.stream().filter(f -> f.fault() == fault).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }

  private static List<String> rows() {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(row("What follows " + i + "?", "The number " + (i + 1) + "."));
    }
    return rows;
  }

  private static String row(String prompt, String completion) {
    return "{\"prompt\": \"" + prompt + "\", \"completion\": \"" + completion + "\"}";
  }
}
