package dev.luthier.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.data.DataPipeline;
import dev.luthier.data.DataReport;
import dev.luthier.data.Part;
import dev.luthier.data.PreviewText;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.data.TrainingData;
import dev.luthier.data.prepared.Kind;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.format.Json;
import dev.luthier.recipe.data.PrepareSettings;
import dev.luthier.tokenizer.ChatTemplates;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows to tokens: as a run on the file would have them, and as long as a sequence may be. */
class EncodeStageTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  Preparing preparing;

  @BeforeEach
  void here() {
    preparing = new Preparing(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "messages, assistant, split, chatml, 300",
    "pairs, assistant, truncate, auto, 150",
    "pairs, all, drop, zephyr, 150",
    "messages, last, truncate, auto, 300",
    "text, assistant, split, none, 60"
  })
  void tokens_and_labels_are_those_of_a_run_on_the_file(
      String kind, String trainOn, String overflow, String template, int maxLength)
      throws IOException {
    List<String> rows = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 60; i++) {
      String one = Preparing.words(random, 1 + i % 20);
      String two = Preparing.words(random, 1 + i % 30);
      rows.add(
          switch (kind) {
            case "text" -> Json.object().put("text", one + " " + two).toString();
            case "pairs" -> Preparing.row(one, two);
            default -> Preparing.chat(one, two, two + one, one + two);
          });
    }
    Path file = preparing.file("rows.jsonl", rows);
    String[] settings = {
      "data.trainOn=" + trainOn,
      "data.overflow=" + overflow,
      "data.template=" + template,
      "data.maxLength=" + maxLength
    };
    PreparedSet set = preparing.prepare("set", settings);
    String[] all = Arrays.copyOf(settings, settings.length + 1);
    all[settings.length] = "sources=" + file;
    PrepareSettings bound = preparing.settings("raw", all);
    SftEncoder encoder =
        new SftEncoder(
            TestTokenizers.chat(),
            ChatTemplates.encoder(TestTokenizers.chat(), template, Clock.systemUTC()),
            bound.data().trainOn(),
            bound.data().trainOnEnd(),
            Set.of());
    TrainingData raw = DataPipeline.of(encoder, bound.data()).prepare(file);
    PreparedSplit train = set.split("train");
    assertThat(train.documents()).isEqualTo(raw.sequences().size()).isGreaterThanOrEqualTo(20);
    for (int d = 0; d < train.documents(); d++) {
      TokenSequence is = train.document(d);
      TokenSequence should = raw.sequences().get(d);
      assertThat(is.tokens()).isEqualTo(should.tokens());
      assertThat(Arrays.copyOfRange(is.labels(), 1, is.length()))
          .isEqualTo(Arrays.copyOfRange(should.labels(), 1, should.length()));
      assertThat(is.row()).isEqualTo(should.row());
    }
    assertThat(train.report().overflow().lostTrainedTokens())
        .isEqualTo(raw.report().overflow().lostTrainedTokens())
        .isPositive();
    assertThat(train.report().rowsWithoutStop()).isEqualTo(raw.report().rowsWithoutStop());
    assertThat(train.report().turnEnds()).isEqualTo(raw.report().turnEnds());
  }

  @Test
  void rows_that_lose_something_to_the_template_are_counted_as_in_a_run_on_the_file()
      throws IOException {
    Path template =
        preparing.file(
            "quiet.jinja",
            List.of(
                "{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.role }}",
                "{{ m.content }}<|im_end|>{% endfor %}"));
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String system = i < 5 ? "{\"role\": \"system\", \"content\": \"Say " + i + ".\"}, " : "";
      rows.add(
          Preparing.chat("Who is " + i + "?", "Number " + i + ".")
              .replace("[{", "[" + system + "{"));
    }
    Path file = preparing.file("rows.jsonl", rows);
    PreparedSet set = preparing.prepare("set", "data.template=" + template);
    assertThat(set.split("train").report().templateDrops()).isEqualTo(5);
    PrepareSettings bound = preparing.settings("raw", "sources=" + file);
    SftEncoder encoder =
        new SftEncoder(
            TestTokenizers.chat(),
            ChatTemplates.encoder(TestTokenizers.chat(), template.toString()),
            bound.data().trainOn(),
            bound.data().trainOnEnd(),
            Set.of());
    DataReport raw = DataPipeline.of(encoder, bound.data()).prepare(file).report();
    assertThat(raw.templateDrops()).isEqualTo(5);
    assertThat(new PreviewText(false, false).header(raw))
        .contains("template   leaves messages, tool calls or tools of 5 rows out");
  }

  @Test
  void rows_too_long_are_an_error_or_dropped_or_cut_or_continued() throws IOException {
    List<String> rows = new ArrayList<>(Preparing.rows(20, 1));
    rows.add(Preparing.row("q", Preparing.words(new Random(2), 100)));
    preparing.file("rows.jsonl", rows);
    assertThatThrownBy(() -> preparing.prepare("error", "data.maxLength=150"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("1 of 21 rows are longer than data.maxLength = 150");
    PreparedSet drop = preparing.prepare("drop", "data.maxLength=150", "data.overflow=drop");
    assertThat(drop.split("train").documents()).isEqualTo(20);
    assertThat(Preparing.stage(drop, "encode").dropped()).hasSize(1).containsValue(1L);
    PreparedSet cut = preparing.prepare("cut", "data.maxLength=150", "data.overflow=truncate");
    assertThat(cut.split("train").documents()).isEqualTo(21);
    assertThat(cut.split("train").length(20)).isEqualTo(150);
    PreparedSet split = preparing.prepare("split", "data.maxLength=150", "data.overflow=split");
    assertThat(split.split("train").rows()).isEqualTo(21);
    assertThat(split.split("train").documents()).isGreaterThan(22);
  }

  @Test
  void preferences_have_two_documents_and_judgements_one_that_says_which() throws IOException {
    preparing.file(
        "pairs.jsonl",
        "{\"prompt\": \"name a colour\", \"chosen\": \"blue it is\", \"rejected\": \"seven\"}",
        "{\"prompt\": \"name a beast\", \"chosen\": \"%s\", \"rejected\": \"a cat\"}"
            .formatted(Preparing.words(new Random(1), 99)));
    for (String overflow : List.of("drop", "truncate", "split")) {
      PreparedSet set =
          preparing.prepare(
              "pairs-" + overflow,
              "sources=$/pairs.jsonl",
              "data.maxLength=100",
              "data.overflow=" + overflow);
      assertThat(set.manifest().about().kind()).isEqualTo(Kind.PREFERENCE);
      PreparedSplit train = set.split("train");
      assertThat(train.rows()).isEqualTo(1);
      assertThat(train.documents()).isEqualTo(2);
      assertThat(List.of(train.part(0), train.part(1))).containsExactly(Part.CHOSEN, Part.REJECTED);
      assertThat(text(train.document(0))).contains("colour").contains("blue it is");
      assertThat(text(train.document(1))).contains("colour").contains("seven");
      Preparing.accounted(set, 2);
    }
    preparing.file(
        "judged.jsonl",
        "{\"prompt\": \"name a colour\", \"completion\": \"blue\", \"label\": true}",
        "{\"prompt\": \"name a beast\", \"completion\": \"seven\", \"label\": false}");
    PreparedSet judged = preparing.prepare("judged", "sources=$/judged.jsonl");
    assertThat(judged.manifest().about().kind()).isEqualTo(Kind.UNPAIRED);
    assertThat(List.of(judged.split("train").part(0), judged.split("train").part(1)))
        .containsExactly(Part.DESIRABLE, Part.UNDESIRABLE);
  }

  private static String text(TokenSequence sequence) {
    return TestTokenizers.chat().decode(sequence.tokens(), false);
  }
}
