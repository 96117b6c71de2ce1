package dev.luthier.data.check;

import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.DataSettings;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.duplicates.DuplicateSettings;
import dev.luthier.data.privacy.PrivacySettings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether the audit finds what is planted, where it is planted, and nothing else. */
class PlantedFaultsTest {
  /** Refuses speakers it does not know, and leaves tools out without a word. */
  private static final String TEMPLATE =
      """
      {% for m in messages %}{% if m.role == 'tool' %}{% elif m.role not in ['system', 'user', 'assistant'] %}\
      {{ raise_exception('unknown role ' ~ m.role) }}{% else %}<|im_start|>{{ m.role }}
      {{ m.content }}<|im_end|>
      {% endif %}{% endfor %}""";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  private Tokenizer tokenizer;

  @BeforeEach
  void tokenizer() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    tokenizer = TestTokenizers.write(model, 500, TestTokenizers.roles(true));
  }

  @Test
  void every_planted_fault_is_found_at_its_row_and_no_other_row_is_blamed() throws IOException {
    PlantedSet set = PlantedSet.faulty();
    assertThat(set.planted()).hasSizeGreaterThanOrEqualTo(20);
    AuditReport report = audit(set, 2);
    Set<String> missed = new TreeSet<>();
    set.planted()
        .forEach(
            (fault, row) -> {
              if (report.findings().stream().noneMatch(f -> matches(f, fault, row))) {
                missed.add(fault + " at row " + row);
              }
            });
    assertThat(missed).isEmpty();
    Set<Integer> blamed =
        report.findings().stream()
            .flatMap(finding -> finding.places().stream())
            .map(Finding.Place::row)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(blamed).isEqualTo(new TreeSet<>(set.planted().values()));
    assertThat(report.findings())
        .extracting(Finding::fault)
        .contains(Fault.BOS)
        .doesNotContain(Fault.SMALL, Fault.IMBALANCE);
    assertThat(report.spoilt()).isTrue();
    assertThat(report.rows()).isEqualTo(PlantedSet.ROWS);
  }

  private static boolean matches(Finding finding, String fault, int row) {
    String name = fault.split(" ")[0];
    String detail = fault.substring(name.length()).strip();
    return finding.fault().toString().equals(name)
        && (detail.isEmpty() || finding.detail().equals(detail))
        && finding.places().stream().anyMatch(place -> place.row() == row);
  }

  @Test
  void the_clean_twin_has_nothing_wrong() throws IOException {
    AuditReport report = audit(PlantedSet.clean(), 2);
    assertThat(report.findings()).extracting(Finding::words).isEmpty();
    assertThat(report.spoilt()).isFalse();
    assertThat(report.used()).isEqualTo(PlantedSet.ROWS);
    assertThat(report.formats()).singleElement().matches(f -> f.confidence() == 1);
    assertThat(report.columns()).containsOnlyKeys("category");
  }

  @Test
  void the_report_does_not_depend_on_the_number_of_threads() throws IOException {
    PlantedSet set = PlantedSet.faulty();
    assertThat(audit(set, 3)).isEqualTo(audit(set, 1));
  }

  @Test
  void a_template_that_never_ends_a_turn_would_spoil_a_run() throws IOException {
    Files.write(
        folder.resolve("rows.jsonl"),
        Files.readAllLines(rows(PlantedSet.clean())).subList(0, 1100));
    String open = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";
    AuditReport report = audit(folder.resolve("rows.jsonl"), open, 2);
    assertThat(report.stopShare()).isZero();
    assertThat(report.findings())
        .singleElement()
        .matches(f -> f.fault() == Fault.NO_STOP && f.severity() == Severity.ERROR);
    assertThat(report.spoilt()).isTrue();
  }

  @Test
  void few_rows_of_one_value_are_worth_a_note_and_spoil_nothing() throws IOException {
    List<String> few =
        Files.readAllLines(rows(PlantedSet.clean())).stream()
            .limit(200)
            .map(row -> row.replaceAll("\"(craft|history|nature)\"}", "\"travel\"}"))
            .toList();
    Path file = folder.resolve("few.jsonl");
    Files.write(file, few);
    Files.writeString(
        file, few.get(0).replace("travel", "nature").replace("?", "!") + "\n", APPEND);
    AuditReport report = audit(file, TEMPLATE, 1);
    assertThat(report.findings()).extracting(Finding::fault).contains(Fault.SMALL, Fault.IMBALANCE);
    assertThat(report.spoilt()).isFalse();
  }

  private Path rows(PlantedSet set) throws IOException {
    return set.write(folder.resolve("rows.jsonl"));
  }

  private AuditReport audit(PlantedSet set, int threads) throws IOException {
    set.writeEvaluation(folder.resolve("held.jsonl"));
    return audit(rows(set), TEMPLATE, threads);
  }

  private AuditReport audit(Path rows, String template, int threads) throws IOException {
    Path jinja = Files.writeString(folder.resolve("template.jinja"), template);
    SftEncoder encoder =
        new SftEncoder(
            tokenizer,
            ChatTemplates.encoder(tokenizer, jinja.toString()),
            DataSettings.TrainOn.ASSISTANT,
            Set.of());
    DataSettings data = DataSettings.defaults();
    AuditSettings settings =
        new AuditSettings(
            data,
            DuplicateSettings.defaults(),
            PrivacySettings.defaults(),
            Optional.empty(),
            3,
            threads);
    Audit.Subject subject =
        new Audit.Subject(
            "my-base",
            List.of(rows),
            Files.exists(folder.resolve("held.jsonl"))
                ? List.of(folder.resolve("held.jsonl"))
                : List.of(),
            List.of(),
            folder,
            List.of());
    return Audit.run(settings, encoder, subject, (what, done, total) -> {}, () -> false);
  }
}
