package dev.luthier.recipe.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.data.DataFile;
import dev.luthier.data.Example;
import dev.luthier.data.ExampleReader;
import dev.luthier.hub.Reply;
import dev.luthier.hub.RequestRefused;
import dev.luthier.hub.TextWriter;
import dev.luthier.hub.WriteRequest;
import dev.luthier.recipe.Settings;
import dev.luthier.tensor.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataGenerateTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void seeds() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 1; i <= 9; i++) {
      rows.append("{\"instruction\": \"seed number ")
          .append(Stub.word(i))
          .append(" stands here\", ");
      rows.append("\"input\": \"\", \"output\": \"answer ").append(i).append("\"}\n");
    }
    Files.writeString(folder.resolve("seeds.jsonl"), rows);
  }

  private DataGenerateSettings settings(String name, String... assignments) {
    Settings settings =
        new Settings()
            .set("task", "self-instruct", "")
            .set("seeds", folder.resolve("seeds.jsonl").toString(), "")
            .set("output", folder.resolve(name).toString(), "")
            .set("writer.endpoint", "http://localhost:1/v1", "")
            .set("writer.modelName", "stub", "")
            .set("budget.requests", "12", "");
    for (String assignment : assignments) {
      settings.set(assignment);
    }
    return settings.bind(DataGenerateSettings.class);
  }

  private static DataGenerateResult run(DataGenerateSettings settings, TextWriter writer) {
    return DataGenerate.run(settings, name -> writer, () -> false, totals -> {});
  }

  /** The three files as they are. */
  private List<String> files(String name) throws IOException {
    return List.of(
        Files.readString(folder.resolve(name)),
        Files.readString(folder.resolve(name + ".refused.jsonl")),
        Files.readString(folder.resolve(name + ".state.jsonl")));
  }

  /** The same under another name, as long as it. */
  private List<String> filesAs(String name, String as) throws IOException {
    return files(name).stream().map(text -> text.replace(name, as)).toList();
  }

  @Test
  void rows_are_what_sft_reads_and_say_where_they_come_from() throws IOException {
    DataGenerateResult result = run(settings("a.jsonl", "writer.parallel=1"), new Stub(1));
    assertThat(result.end()).isEqualTo(End.REQUESTS);
    assertThat(result.totals().rows()).isGreaterThan(12);
    assertThat(result.totals().refused().get("novelty")).isGreaterThanOrEqualTo(12);
    assertThat(result.totals().rows() + result.totals().allRefused()).isEqualTo(36);
    DataFile read = ExampleReader.read(folder.resolve("a.jsonl"));
    assertThat(read.refused()).isEmpty();
    assertThat(read.rows()).hasSize(result.totals().rows());
    assertThat(read.rows().get(0).example()).isInstanceOf(Example.Chat.class);
    List<String> lines = Files.readAllLines(folder.resolve("a.jsonl"));
    boolean builtOnKept = false;
    for (String line : lines) {
      JsonNode from = JSON.readTree(line).path("provenance");
      assertThat(from.path("task").asText()).isEqualTo("self-instruct");
      assertThat(from.path("writer").asText()).isEqualTo("stub");
      assertThat(from.path("endpoint").asText()).isEqualTo("localhost:1");
      assertThat(from.path("seed").asLong()).isEqualTo(42);
      assertThat(from.path("settings").asText()).matches("[0-9a-f]{16}");
      assertThat(from.path("prompt").asText()).matches("[0-9a-f]{16}");
      assertThat(from.path("sources")).hasSize(8);
      for (JsonNode source : from.path("sources")) {
        Matcher row = Pattern.compile("a\\.jsonl#(\\d+)").matcher(source.asText());
        if (row.matches()) {
          builtOnKept = true;
          int earlier = Integer.parseInt(row.group(1));
          assertThat(JSON.readTree(lines.get(earlier - 1)).at("/provenance/request").asInt())
              .isLessThan(from.path("request").asInt());
        } else {
          assertThat(source.asText()).matches("seeds\\.jsonl#[1-9]");
        }
      }
    }
    assertThat(builtOnKept).isTrue();
    String refused = files("a.jsonl").get(1).lines().findFirst().orElseThrow();
    assertThat(JSON.readTree(refused).fieldNames())
        .toIterable()
        .containsExactly("request", "reason", "detail", "instruction", "input", "output");
  }

  @Test
  void alpaca_rows_have_the_three_columns() throws IOException {
    run(settings("a.jsonl", "format=alpaca", "budget.requests=1"), new Stub(1));
    assertThat(ExampleReader.read(folder.resolve("a.jsonl")).rows().get(0).example())
        .isInstanceOf(Example.Instruction.class);
  }

  @Test
  void interrupted_after_any_request_and_gone_on_with_a_run_writes_the_same_files()
      throws IOException {
    for (int parallel : new int[] {1, 3}) {
      String how = "writer.parallel=" + parallel;
      String whole = "w" + parallel + "-99.jsonl";
      Stub once = new Stub(parallel);
      run(settings(whole, how), once);
      assertThat(once.asked).hasValue(12);
      for (int stop = 0; stop < 12; stop += parallel) {
        String name = String.format("p%d-%02d.jsonl", parallel, stop);
        AtomicBoolean interrupted = new AtomicBoolean(stop == 0);
        int last = stop;
        DataGenerateResult first =
            DataGenerate.run(
                settings(name, how),
                n -> new Stub(parallel),
                interrupted::get,
                totals -> interrupted.set(totals.requests() >= last));
        assertThat(first.end())
            .isEqualTo(first.totals().requests() < 12 ? End.INTERRUPTED : End.REQUESTS);
        assertThat(first.totals().requests()).isBetween(stop, Math.min(12, stop + parallel));
        DataGenerateResult rest = run(settings(name, how), new Stub(parallel));
        assertThat(rest.before()).isEqualTo(first.totals());
        assertThat(filesAs(name, whole)).isEqualTo(files(whole));
      }
    }
  }

  @Test
  void killed_between_any_two_bytes_a_run_goes_on_to_the_same_files() throws IOException {
    List<List<byte[]>> at = new ArrayList<>();
    for (int requests : new int[] {6, 7, 12}) {
      run(settings("a.jsonl", "budget.requests=" + requests), new Stub(1));
      at.add(bytes("a.jsonl"));
    }
    List<String> whole = files("a.jsonl");
    int tried = 0;
    // A request's bytes go into one file after the other.
    for (int file = 0; file < 3; file++) {
      int from = at.get(0).get(file).length;
      for (int end = from; end <= at.get(1).get(file).length; end += 307) {
        for (int f = 0; f < 3; f++) {
          byte[] all = at.get(f <= file ? 1 : 0).get(f);
          Files.write(path("a.jsonl", f), f == file ? Arrays.copyOf(all, end) : all);
        }
        run(settings("a.jsonl"), new Stub(1));
        assertThat(files("a.jsonl")).isEqualTo(whole);
        tried++;
      }
    }
    assertThat(tried).isGreaterThan(5);
  }

  private Path path(String name, int file) {
    return folder.resolve(name + List.of("", ".refused.jsonl", ".state.jsonl").get(file));
  }

  private List<byte[]> bytes(String name) throws IOException {
    return List.of(
        Files.readAllBytes(path(name, 0)),
        Files.readAllBytes(path(name, 1)),
        Files.readAllBytes(path(name, 2)));
  }

  @Test
  void other_settings_or_seeds_are_refused_with_what_differs_and_a_budget_may_be_raised()
      throws IOException {
    run(settings("a.jsonl", "budget.requests=3"), new Stub(1));
    List<String> before = files("a.jsonl");
    assertThatThrownBy(
            () -> run(settings("a.jsonl", "seed=43", "validate.novelty=0.5"), new Stub(1)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(
            "a.jsonl was begun with other settings",
            "\n  seed: was 42, is 43",
            "\n  validate.novelty: was 0.7, is 0.5")
        .hasMessageNotContaining("budget");
    Files.writeString(folder.resolve("seeds.jsonl"), "\n", StandardOpenOption.APPEND);
    assertThatThrownBy(() -> run(settings("a.jsonl"), new Stub(1)))
        .hasMessageContaining("\n  seeds: was ");
    assertThat(files("a.jsonl")).isEqualTo(before);
    seeds();
    Stub rest = new Stub(1);
    DataGenerateResult result =
        run(settings("a.jsonl", "writer.endpoint=http://other/v1", "writer.timeout=9"), rest);
    assertThat(rest.asked).hasValue(9);
    assertThat(result.before().requests()).isEqualTo(3);
  }

  @Test
  void files_that_are_not_this_runs_stay_as_they_are() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "mine\n");
    assertThatThrownBy(() -> run(settings("a.jsonl"), new Stub(1)))
        .hasMessageContaining("a.jsonl exists and has no a.jsonl.state.jsonl");
    assertThat(folder.resolve("a.jsonl")).hasContent("mine\n");
    run(settings("b.jsonl"), new Stub(1));
    Files.writeString(folder.resolve("b.jsonl"), "{\"mine\": 1}\n", StandardOpenOption.APPEND);
    List<String> before = files("b.jsonl");
    assertThatThrownBy(() -> run(settings("b.jsonl"), new Stub(1)))
        .hasMessageContaining("this run did not write");
    assertThat(files("b.jsonl")).isEqualTo(before);
    Files.writeString(folder.resolve("b.jsonl"), "");
    assertThatThrownBy(() -> run(settings("b.jsonl"), new Stub(1)))
        .hasMessageContaining("shorter than this run left it");
    assertThatThrownBy(() -> run(settings("no/c.jsonl"), new Stub(1)))
        .hasMessageContaining("its folder does not exist");
  }

  @Test
  void one_run_writes_at_a_time() {
    DataGenerateSettings same = settings("a.jsonl");
    assertThatThrownBy(
            () ->
                DataGenerate.run(
                    same, n -> new Stub(1), () -> false, totals -> run(same, new Stub(1))))
        .hasMessageContaining("is being written by another run");
  }

  @Test
  void a_run_ends_at_its_rows_and_says_what_would_let_it_go_on() {
    DataGenerateSettings settings = settings("a.jsonl", "budget.rows=5", "writer.parallel=3");
    DataGenerateResult result = run(settings, new Stub(3));
    assertThat(result.end()).isEqualTo(End.ROWS);
    assertThat(result.totals().rows()).isEqualTo(5);
    assertThat(result.totals().refused()).containsKey("surplus");
    assertThat(result.end().words(settings)).contains("--rows");
    Stub idle = new Stub(3);
    assertThat(run(settings, idle).end()).isEqualTo(End.ROWS);
    assertThat(idle.asked).hasValue(0);
    DataGenerateSettings more = settings("a.jsonl", "budget.rows=9", "writer.parallel=3");
    assertThat(run(more, new Stub(3)).totals().rows()).isEqualTo(9);
  }

  @Test
  void tokens_end_a_run_at_the_same_request_however_answers_overtake_one_another() {
    long each = run(settings("one.jsonl", "budget.requests=1"), new Stub(1)).totals().tokens();
    int requests = 0;
    for (int i = 0; i < 3; i++) {
      DataGenerateSettings settings =
          settings("t" + i + ".jsonl", "budget.tokens=" + 3 * each, "writer.parallel=4");
      DataGenerateResult result = run(settings, new Stub(4));
      assertThat(result.end()).isEqualTo(End.TOKENS);
      assertThat(result.totals().tokens()).isGreaterThanOrEqualTo(3 * each);
      assertThat(requests == 0 || result.totals().requests() == requests).isTrue();
      requests = result.totals().requests();
    }
    assertThat(requests).isBetween(4, 8);
  }

  @Test
  void a_writer_that_writes_nothing_of_use_is_not_asked_for_ever() {
    Stub gibberish =
        new Stub(1) {
          @Override
          String answer(String prompt) {
            return "lorem ipsum";
          }
        };
    DataGenerateResult result =
        run(
            settings("a.jsonl", "budget.rows=5", "budget.requests=0", "budget.patience=4"),
            gibberish);
    assertThat(result.end()).isEqualTo(End.PATIENCE);
    assertThat(result.totals().refused()).containsOnlyKeys("format").containsEntry("format", 4);
    assertThat(gibberish.asked).hasValue(4);
  }

  @Test
  void a_writer_that_gives_up_ends_the_run_with_what_it_kept() {
    Stub failing =
        new Stub(1) {
          @Override
          public Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
            if (asked.get() == 2) {
              throw new LuthierException("status 401: no");
            }
            return super.write(request, stop);
          }
        };
    assertThatThrownBy(() -> run(settings("a.jsonl"), failing))
        .isInstanceOf(LuthierException.class)
        .hasMessageMatching("(?s)status 401: no\n[34] rows are kept; the same command goes on\\.");
    assertThat(run(settings("a.jsonl"), new Stub(1)).before().requests()).isEqualTo(2);
  }

  @Test
  void answers_that_came_before_their_turn_are_not_asked_for_again() throws IOException {
    Stub whole = new Stub(4);
    run(settings("w.jsonl"), whole);
    CountDownLatch others = new CountDownLatch(3);
    Stub first =
        new Stub(4) {
          @Override
          public Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
            if (request.seed() == Seeds.mix(42, 0) >>> 1) {
              try {
                assertThat(others.await(10, TimeUnit.SECONDS)).isTrue();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              throw new LuthierException("status 401: no");
            }
            others.countDown();
            return super.write(request, () -> false);
          }
        };
    assertThatThrownBy(() -> run(settings("a.jsonl"), first)).hasMessage("status 401: no");
    assertThat(first.asked).hasValue(3);
    assertThatThrownBy(() -> run(settings("a.jsonl", "seed=7"), first))
        .hasMessageContaining("begun with other settings");
    Stub rest = new Stub(4);
    DataGenerateResult result = run(settings("a.jsonl"), rest);
    assertThat(rest.asked).hasValue(9);
    assertThat(result.totals().requests()).isEqualTo(12);
    assertThat(filesAs("a.jsonl", "w.jsonl").subList(0, 2))
        .isEqualTo(files("w.jsonl").subList(0, 2));
    assertThat(run(settings("a.jsonl"), rest).before()).isEqualTo(result.totals());
  }

  @Test
  void a_request_that_alone_is_refused_is_passed_and_many_in_a_row_end_the_run()
      throws IOException {
    Optional<LuthierException> no = Optional.of(new RequestRefused("status 400: too long"));
    DataGenerateSettings settings = settings("a.jsonl", "budget.requests=0", "budget.tokens=99999");
    assertThatThrownBy(() -> run(settings, Stub.failing(1, n -> no)))
        .hasMessage("status 400: too long");
    assertThatThrownBy(
            () -> run(settings, Stub.failing(1, n -> n == 2 || n > 4 ? no : Optional.empty())))
        .hasMessageStartingWith("status 400: too long\n");
    List<String> refused = Files.readAllLines(folder.resolve("a.jsonl.refused.jsonl"));
    assertThat(refused)
        .filteredOn(
            line -> line.contains("\"reason\":\"writer\",\"detail\":\"status 400: too long\""))
        .hasSize(4);
    DataGenerateResult rest = run(settings("a.jsonl", "budget.requests=9"), new Stub(1));
    assertThat(rest.before().requests()).isEqualTo(8);
    assertThat(rest.totals().refused()).containsEntry("writer", 4);
  }

  @Test
  void a_budget_of_tokens_that_nobody_counts_is_an_error() {
    Stub silent =
        new Stub(1) {
          @Override
          public Optional<Reply> write(WriteRequest request, BooleanSupplier stop) {
            return super.write(request, stop).map(r -> new Reply(r.text(), 0, 0, false));
          }
        };
    assertThatThrownBy(() -> run(settings("a.jsonl", "budget.tokens=1000"), silent))
        .hasMessageContaining("does not say how many tokens")
        .hasMessageContaining("--max-requests");
    assertThat(silent.asked).hasValue(1);
    assertThat(run(settings("a.jsonl"), silent).before().requests()).isEqualTo(1);
  }

  @Test
  void a_run_without_any_answer_may_begin_again_with_other_settings() {
    Optional<LuthierException> no = Optional.of(new LuthierException("status 404: no such model"));
    assertThatThrownBy(
            () -> run(settings("a.jsonl", "writer.modelName=typo"), Stub.failing(1, n -> no)))
        .hasMessageContaining("404");
    assertThat(run(settings("a.jsonl"), new Stub(1)).totals().requests()).isEqualTo(12);
    assertThatThrownBy(() -> run(settings("a.jsonl", "writer.modelName=typo"), new Stub(1)))
        .hasMessageContaining("begun with other settings");
  }

  @Test
  void questions_on_documents_end_with_the_documents_and_rest_on_them() throws IOException {
    Path docs = Files.createDirectory(folder.resolve("docs"));
    Files.writeString(docs.resolve("b.txt"), "Basalt columns form when lava cools slowly.");
    Files.writeString(docs.resolve("a.txt"), "Lichens grow on granite in the north.");
    Stub reader =
        new Stub(2) {
          @Override
          String answer(String prompt) {
            String passage = prompt.substring(prompt.lastIndexOf("\n\n") + 2);
            String[] words = passage.split(" ");
            return "Question: Of "
                + words[0]
                + ", say "
                + words[1]
                + "!\nAnswer: "
                + passage
                + "\nQuestion: And what else is there?\nAnswer: Nothing whatsoever, sadly.";
          }
        };
    DataGenerateSettings settings =
        new Settings()
            .set("task=qa")
            .set("documents", docs.toString(), "")
            .set("output", folder.resolve("qa.jsonl").toString(), "")
            .set("writer.endpoint=http://localhost:1/v1")
            .set("writer.modelName=stub")
            .bind(DataGenerateSettings.class);
    DataGenerateResult result = run(settings, reader);
    assertThat(result.end()).isEqualTo(End.SOURCES);
    assertThat(result.totals().refused()).containsOnlyKeys("support").containsEntry("support", 2);
    List<String> lines = Files.readAllLines(folder.resolve("qa.jsonl"));
    assertThat(lines).hasSize(2);
    assertThat(JSON.readTree(lines.get(0)).at("/messages/0/content").asText())
        .isEqualTo("Of Lichens, say grow!");
    assertThat(JSON.readTree(lines.get(1)).at("/provenance/sources").toString())
        .isEqualTo("[\"b.txt#1\"]");
  }

  @Test
  void settings_that_cannot_be_meant_are_all_named() {
    assertThatThrownBy(
            () ->
                new Settings()
                    .set("task=qa")
                    .set("seeds=a")
                    .set("output=b")
                    .set("writer.topP=2")
                    .set("budget.patience=0")
                    .bind(DataGenerateSettings.class))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "writer.topP is 2.0",
            "neither --model (a local model) nor --endpoint",
            "budget.patience is 0");
    assertThatThrownBy(() -> settings("a", "budget.requests=0"))
        .hasMessageContaining("--task self-instruct has no end of its own");
  }
}
