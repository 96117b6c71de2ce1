package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.luthier.LuthierException;
import dev.luthier.data.DataSettings.BadRows;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.Overflow;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataPipelineTest {
  private static final SftEncoder CHAT =
      SftEncoderTest.encoder(Templates.CHATML, TrainOn.ASSISTANT);
  private static final SftEncoder TEXT =
      new SftEncoder(TestTokenizers.chat(), Optional.empty(), TrainOn.ASSISTANT, Set.of());

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void many_threads_keep_the_order_and_give_what_one_gives() throws IOException {
    Path file = pairs(500, 0);
    TrainingData one = pipeline(CHAT, Overflow.ERROR, 100, 1).prepare(file);
    TrainingData four = pipeline(CHAT, Overflow.ERROR, 100, 4).prepare(file);
    assertThat(four.sequences())
        .extracting(TokenSequence::row)
        .isEqualTo(IntStream.rangeClosed(1, 500).boxed().toList());
    for (int i = 0; i < 500; i++) {
      assertThat(four.sequences().get(i).tokens()).isEqualTo(one.sequences().get(i).tokens());
    }
    assertThat(four.report()).isEqualTo(one.report());
  }

  @Test
  void one_percent_of_bad_rows_is_reported_and_more_is_an_error() throws IOException {
    DataReport report = pipeline(CHAT, Overflow.ERROR, 100, 2).prepare(pairs(99, 1)).report();
    assertThat(report.rows()).isEqualTo(100);
    assertThat(report.usedRows()).isEqualTo(99);
    assertThat(report.refused()).extracting(Refusal::row).containsExactly(100);
    assertThatThrownBy(() -> pipeline(CHAT, Overflow.ERROR, 100, 2).prepare(pairs(98, 30)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("30 of 128 rows")
        .hasMessageContaining(
            "pairs.jsonl rows 99, 100, 101, 102, 103 and 25 more: completion: expected a string,"
                + " found null")
        .hasMessageContaining("luthier data check");
  }

  @Test
  void more_than_one_percent_of_long_rows_is_an_error_that_lists_them() throws IOException {
    Path few = texts(99, 1);
    DataReport report = pipeline(TEXT, Overflow.ERROR, 10, 2).prepare(few).report();
    assertThat(report.overflow().rows()).isEqualTo(1);
    assertThat(report.overflow().dropped()).containsExactly(100);
    assertThat(report.overflow().lostTrainedTokens()).isPositive();
    assertThat(report.usedRows()).isEqualTo(99);
    assertThatThrownBy(() -> pipeline(TEXT, Overflow.ERROR, 10, 2).prepare(texts(98, 2)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("2 of 100 rows are longer than data.maxLength = 10")
        .hasMessageContaining("row 99: ")
        .hasMessageContaining("data.overflow=drop");
  }

  @Test
  void split_keeps_every_token_and_truncate_the_first() throws IOException {
    Path file = texts(0, 1);
    TokenSequence whole = pipeline(TEXT, Overflow.ERROR, 1000, 1).prepare(file).sequences().get(0);
    TrainingData split = pipeline(TEXT, Overflow.SPLIT, 10, 1).prepare(file);
    assertThat(split.sequences()).allMatch(piece -> piece.length() <= 10 && piece.row() == 1);
    assertThat(split.sequences().stream().flatMapToInt(p -> IntStream.of(p.tokens())).toArray())
        .isEqualTo(whole.tokens());
    assertThat(split.report().overflow().lostTrainedTokens())
        .isEqualTo(split.sequences().size() - 1);
    TrainingData cut = pipeline(TEXT, Overflow.TRUNCATE, 10, 1).prepare(file);
    assertThat(cut.sequences()).hasSize(1);
    assertThat(cut.sequences().get(0).tokens())
        .isEqualTo(java.util.Arrays.copyOf(whole.tokens(), 10));
    assertThat(split.report().stopShare()).isEqualTo(1);
    assertThat(cut.report().stopShare()).isZero();
    assertThat(cut.report().overflow().lostTrainedTokens()).isEqualTo(whole.length() - 10);
  }

  @Test
  void a_truncated_row_without_an_answer_is_left_out() {
    TokenSequence row =
        new TokenSequence(new int[] {1, 2, 3, 4}, new int[] {-100, -100, -100, 4}, 9);
    OverflowRule.Result result = new OverflowRule(Overflow.TRUNCATE, 3).apply(List.of(row));
    assertThat(result.sequences()).isEmpty();
    assertThat(result.overflowed().dropped()).containsExactly(9);
    assertThat(result.overflowed().lostTrainedTokens()).isEqualTo(1);
  }

  @Test
  void packing_puts_every_sequence_into_one_row() throws IOException {
    TrainingData data = pipeline(CHAT, Overflow.ERROR, 100, 2).prepare(pairs(60, 0));
    List<List<TokenSequence>> rows = data.rows(true, 100);
    assertThat(rows.size()).isLessThan(30);
    assertThat(rows.stream().flatMap(List::stream).map(TokenSequence::row))
        .containsExactlyInAnyOrderElementsOf(IntStream.rangeClosed(1, 60).boxed().toList());
    assertThat(data.rows(false, 100)).hasSize(60);
  }

  @Test
  void the_report_counts_what_the_run_will_see() throws IOException {
    Path file = pairs(10, 0);
    TrainingData data = pipeline(CHAT, Overflow.ERROR, 100, 2).prepare(file);
    DataReport report = data.report();
    assertThat(report.trainedTokens())
        .isEqualTo(new Collator(0).unpacked(data.sequences()).labelTokens());
    assertThat(report.tokens()).isEqualTo(new Collator(0).unpacked(data.sequences()).realTokens());
    assertThat(report.stopShare()).isEqualTo(1);
    assertThat(report.rowsByBos()).isEqualTo(java.util.Map.of(0, 10));
    assertThat(report.turnEnds()).containsExactly(2);
    assertThat(report.files()).containsKey(file.toString());
    assertThat(DataReport.Lengths.of(IntStream.rangeClosed(1, 200).toArray()))
        .isEqualTo(new DataReport.Lengths(1, 100, 180, 198, 200));
  }

  @Test
  void a_preview_shows_rows_that_would_stop_a_run() throws IOException {
    Preview preview = Preview.of(pipeline(CHAT, Overflow.ERROR, 100, 2), pairs(2, 1), 1);
    assertThat(preview.rows()).hasSize(1);
    assertThat(new PreviewText(false, false).render(preview))
        .contains("rows       3: 2 used, 1 refused")
        .contains("row 3: completion: expected a string, found null")
        .contains(
            "<|im_start|>user\nthe dish 0<|im_end|>\n<|im_start|>assistant\n⟦well 0<|im_end|>⟧\n");
    assertThat(new PreviewText(true, true).row(preview.rows().get(0)))
        .contains("\u001b[32mwell 0<|im_end|>\u001b[0m");
  }

  private static DataPipeline pipeline(
      SftEncoder encoder, Overflow overflow, int maxLength, int threads) {
    return new DataPipeline(
        encoder, new ExampleReader(Format.AUTO), BadRows.ERROR, overflow, maxLength, threads);
  }

  private Path pairs(int good, int bad) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < good; i++) {
      lines.append("{\"prompt\": \"the dish ").append(i).append("\", \"completion\": \"well ");
      lines.append(i).append("\"}\n");
    }
    lines.append("{\"prompt\": \"x\", \"completion\": null}\n".repeat(bad));
    return Files.writeString(folder.resolve("pairs.jsonl"), lines);
  }

  private Path texts(int small, int large) throws IOException {
    return Files.writeString(
        folder.resolve("texts.jsonl"),
        "{\"text\": \"the\"}\n".repeat(small)
            + ("{\"text\": \"" + "The birch canoe slid on. ".repeat(6) + "\"}\n").repeat(large));
  }

  @Test
  void refused_rows_of_a_folder_name_their_files() throws IOException {
    Path rows = Files.createDirectories(folder.resolve("rows"));
    Files.writeString(rows.resolve("a.jsonl"), "{\"text\": \"good\"}\n{\"text\": 1}\n");
    Files.writeString(rows.resolve("b.jsonl"), "{broken\n{\"text\": \"\"}\n{\"text\": \"good\"}\n");
    DataPipeline skip =
        new DataPipeline(
            TEXT, new ExampleReader(Format.TEXT), BadRows.SKIP, Overflow.ERROR, 100, 2);
    assertThat(skip.prepare(rows).report().refused())
        .extracting(Refusal::file, Refusal::row, Refusal::text)
        .containsExactly(
            tuple(rows + "/a.jsonl", 2, "{\"text\":1}"),
            tuple(rows + "/b.jsonl", 1, "{broken"),
            tuple(rows + "/b.jsonl", 2, "{\"text\":\"\"}"));
  }
}
