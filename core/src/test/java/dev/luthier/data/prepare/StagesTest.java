package dev.luthier.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.data.prepared.Manifest;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each stage does to rows, and that each row is accounted for. */
class StagesTest {
  private static final String MAIL = "jan.kowalski@poczta-lodz.pl";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @SuppressWarnings("NullAway.Init")
  Preparing preparing;

  @BeforeEach
  void here() {
    preparing = new Preparing(folder);
  }

  private static List<String> jsons(PreparedSet set) {
    PreparedSplit train = set.split("train");
    return IntStream.range(0, train.rows()).mapToObj(train::json).toList();
  }

  @Test
  void every_row_is_in_the_set_or_listed_once() throws IOException {
    List<String> rows = new ArrayList<>(Preparing.rows(40, 1));
    rows.set(1, "{\"prompt\": \"x\"");
    rows.set(2, Preparing.row("ask", "reach me at " + MAIL + " or here"));
    rows.set(4, Preparing.row("ask again", "ok"));
    rows.set(6, rows.get(5));
    rows.set(9, Preparing.row("q", Preparing.words(new Random(2), 300)));
    rows.set(11, Preparing.row("who are you", "As an AI language model, I cannot help with that."));
    rows.add(20, "");
    preparing.file("rows.jsonl", rows);
    preparing.file("held.jsonl", rows.get(15));
    PreparedSet set =
        preparing.prepare(
            "set",
            "data.badRows=skip",
            "privacy.action=drop",
            "filters.minChars=5",
            "answers.drop=[refusal, boilerplate]",
            "overlap.against=[$/held.jsonl]",
            "data.overflow=drop",
            "data.maxLength=200",
            "split.eval=4");
    Preparing.accounted(set, 40);
    assertThat(Preparing.reasons(set))
        .hasSize(7)
        .anyMatch(line -> line.startsWith("2 read "))
        .anyMatch(line -> line.equals("3 privacy personal data: email"))
        .anyMatch(line -> line.startsWith("5 filters "))
        .anyMatch(line -> line.equals("7 duplicates like row 6 of " + folder + "/rows.jsonl"))
        .anyMatch(line -> line.equals("10 encode longer than 200 tokens"))
        .anyMatch(line -> line.startsWith("12 answers "))
        .anyMatch(line -> line.equals("16 overlap shares words with row 1 of the evaluation data"));
  }

  @Test
  void every_row_leads_back_to_where_it_stood() throws IOException {
    List<String> a = Preparing.rows(20, 1);
    List<String> b = Preparing.rows(20, 2);
    preparing.file("a.jsonl", a);
    preparing.file("b.jsonl", b);
    PreparedSet set = preparing.prepare("set", "sources=[$/b.jsonl, $/a.jsonl]", "split.eval=9");
    for (String split : set.splits()) {
      for (int row = 0; row < set.split(split).rows(); row++) {
        PreparedSplit.Lineage from = set.split(split).lineage(row);
        List<String> lines = Files.readAllLines(Path.of(from.source().path()));
        assertThat(Json.parse(set.split(split).json(row), "row"))
            .isEqualTo(Json.parse(lines.get(from.number() - 1), "row"));
      }
    }
    assertThat(set.manifest().origin().sources())
        .extracting(Manifest.Source::path)
        .containsExactly(folder + "/b.jsonl", folder + "/a.jsonl");
  }

  @Test
  void personal_data_is_redacted_dropped_or_kept_also_in_calls_of_tools() throws IOException {
    List<String> rows = new ArrayList<>(Preparing.rows(10, 1));
    rows.set(2, Preparing.row("ask", "reach me at " + MAIL + " or here"));
    rows.set(
        3,
        """
        {"messages": [{"role": "user", "content": "write to him, will you"},\
         {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function":\
         {"name": "send", "arguments": {"to": "%s"}}}]},\
         {"role": "tool", "content": "sent it"},\
         {"role": "assistant", "content": "It was sent to him."}]}"""
            .formatted(MAIL));
    rows.set(4, "{\"prompt\": \"broken " + MAIL + "\"}");
    preparing.file("rows.jsonl", rows);
    PreparedSet redact = preparing.prepare("redact", "data.badRows=skip");
    assertThat(String.join("\n", jsons(redact))).doesNotContain("kowalski").contains("[EMAIL]");
    PreparedSet drop = preparing.prepare("drop", "data.badRows=skip", "privacy.action=drop");
    assertThat(Preparing.reasons(drop))
        .contains("3 privacy personal data: email", "4 privacy personal data: email");
    Preparing.accounted(drop, 10);
    for (PreparedSet set : List.of(redact, drop)) {
      for (Map.Entry<String, byte[]> file : Preparing.bytes(set.folder()).entrySet()) {
        assertThat(new String(file.getValue(), StandardCharsets.ISO_8859_1))
            .as(file.getKey())
            .doesNotContain("kowalski");
      }
    }
    PreparedSet keep = preparing.prepare("keep", "data.badRows=skip", "privacy.action=keep");
    assertThat(jsons(keep)).filteredOn(json -> json.contains(MAIL)).hasSize(2);
  }

  @Test
  void rows_that_overlap_with_evaluation_data_go_and_no_others() throws IOException {
    Random random = new Random(8);
    List<String> rows = new ArrayList<>(Preparing.rows(30, 1));
    String shared13 = Preparing.words(random, 13);
    String shared12 = Preparing.words(random, 12);
    rows.set(5, Preparing.row("some question here", "first " + shared13 + " last"));
    rows.set(6, Preparing.row("some other question", "first " + shared12 + " last"));
    rows.set(7, Preparing.row("short one", "mail " + MAIL));
    preparing.file("rows.jsonl", rows);
    preparing.file(
        "held.jsonl",
        Preparing.row("a", shared13 + " b"),
        Preparing.row("c", shared12 + " d"),
        Preparing.row("short one", "mail " + MAIL),
        rows.get(20));
    PreparedSet set = preparing.prepare("set", "overlap.against=[$/held.jsonl]");
    assertThat(Preparing.dropped(set))
        .extracting(line -> line.path("row").asInt())
        .containsExactly(6, 8, 21);
    assertThat(Preparing.stage(set, "overlap").dropped())
        .containsExactly(Map.entry("overlaps evaluation", 1L), Map.entry("same as evaluation", 2L));
  }

  @Test
  void more_than_one_percent_of_bad_rows_stops_it_and_the_settings_say_otherwise()
      throws IOException {
    List<String> rows = new ArrayList<>(Preparing.rows(100, 1));
    rows.set(10, "{\"prompt\": \"x\", \"completion\": \"fenced\",}");
    preparing.file("rows.jsonl", rows);
    assertThat(preparing.prepare("error").split("train").rows()).isEqualTo(99);
    assertThatThrownBy(() -> preparing.prepare("strict", "data.badRows=strict"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("1 of 100 rows cannot be used (data.badRows=strict)")
        .hasMessageContaining("rows.jsonl row 11: ");
    assertThat(preparing.prepare("repair", "data.badRows=repair").split("train").rows())
        .isEqualTo(100);
    rows.set(11, "{\"prompt\": 7}");
    preparing.file("rows.jsonl", rows);
    assertThatThrownBy(() -> preparing.prepare("error2"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("2 of 100 rows cannot be used (data.badRows=error: at most 1 %");
    PreparedSet skip = preparing.prepare("skip", "data.badRows=skip");
    assertThat(Preparing.numbers(skip, "train")).hasSize(98).doesNotContain(11, 12);
    Preparing.accounted(skip, 100);
  }

  @Test
  void rows_that_the_template_refuses_are_bad_rows() throws IOException {
    List<String> rows = new ArrayList<>();
    Random random = new Random(4);
    for (int i = 0; i < 20; i++) {
      rows.add(Preparing.chat(Preparing.words(random, 4), Preparing.words(random, 4)));
    }
    rows.set(
        3,
        "{\"messages\": [{\"role\": \"system\", \"content\": \"be brief\"}, {\"role\": \"user\","
            + " \"content\": \"who is it\"}, {\"role\": \"assistant\", \"content\": \"nobody\"}]}");
    preparing.file("rows.jsonl", rows);
    Path strict =
        preparing.file(
            "strict.jinja",
            "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}"
                + "{% endif %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}");
    assertThatThrownBy(() -> preparing.prepare("set", "data.template=" + strict))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("1 of 20 rows cannot be used")
        .hasMessageContaining("row 4: ")
        .hasMessageContaining("no system");
    PreparedSet set = preparing.prepare("set", "data.template=" + strict, "data.badRows=skip");
    Preparing.accounted(set, 20);
    assertThat(Preparing.reasons(set)).hasSize(1).allMatch(line -> line.startsWith("4 encode "));
  }

  @Test
  void a_limit_counts_the_rows_of_all_files_of_a_source() throws IOException {
    preparing.file("part-a.jsonl", Preparing.rows(10, 1));
    preparing.file("part-b.jsonl", Preparing.rows(10, 2));
    preparing.file("part-c.jsonl", Preparing.rows(10, 3));
    PreparedSet set = preparing.prepare("set", "sources=[{path: '$/part-*.jsonl', limit: 15}]");
    assertThat(set.manifest().origin().sources())
        .extracting(Manifest.Source::rows)
        .containsExactly(10L, 5L, 0L);
    Preparing.accounted(set, 15);
  }

  @Test
  void sources_have_columns_roles_and_queries_of_their_own() throws IOException {
    preparing.file("a.csv", "frage,antwort,n", "one two three,four five six,1", "x y z,u v w,2");
    preparing.file(
        "b.jsonl",
        "{\"conversations\": [{\"from\": \"mensch\", \"value\": \"how are you\"}, {\"from\":"
            + " \"maschine\", \"value\": \"very well\"}]}");
    preparing.file("c.csv", "prompt,completion,n", "keep me here,yes I do,1", "not me,no no,2");
    PreparedSet set =
        preparing.prepare(
            "set",
            "sources=[{path: $/a.csv, columns: {prompt: frage, completion: antwort}},"
                + " {path: $/b.jsonl, roles: {mensch: user, maschine: assistant}},"
                + " {path: $/c.csv, query: 'SELECT * FROM data WHERE n = 1'}]");
    assertThat(jsons(set))
        .containsExactly(
            "{\"prompt\":\"one two three\",\"completion\":\"four five six\"}",
            "{\"prompt\":\"x y z\",\"completion\":\"u v w\"}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"how are you\"},"
                + "{\"role\":\"assistant\",\"content\":\"very well\"}]}",
            "{\"prompt\":\"keep me here\",\"completion\":\"yes I do\"}");
  }

  @Test
  void rows_for_different_kinds_of_training_do_not_mix() throws IOException {
    preparing.file(
        "rows.jsonl",
        "{\"prompt\": \"name a colour\", \"chosen\": \"blue\", \"rejected\": \"seven\"}",
        Preparing.row("one", "two"));
    assertThatThrownBy(() -> preparing.prepare("set"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("different kinds of training")
        .hasMessageContaining("prepare a set for each");
    assertThat(folder.resolve("set")).doesNotExist();
  }

  @Test
  void half_of_a_surrogate_pair_spoils_nothing() throws IOException {
    List<String> rows = new ArrayList<>(Preparing.rows(5, 1));
    rows.set(2, "{\"prompt\": \"a smile\", \"completion\": \"cut \\ud83d off\"}");
    // what is listed of one of them ends within a pair
    rows.set(3, Preparing.row("e", MAIL + "🙂".repeat(3000)));
    rows.set(4, Preparing.row("ee", MAIL + "🙂".repeat(3000)));
    preparing.file("rows.jsonl", rows);
    PreparedSet set = preparing.prepare("set", "privacy.action=drop");
    assertThat(Preparing.numbers(set, "train")).containsExactly(1, 2, 3);
    assertThat(set.split("train").json(2)).contains("cut \\uD83D off");
    Preparing.accounted(set, 5);
  }

  @Test
  void conversations_that_differ_in_a_call_of_a_tool_are_no_copies() throws IOException {
    String row =
        """
        {"messages": [{"role": "user", "content": "is it warm there, and should I take a coat"},\
         {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function":\
         {"name": "weather", "arguments": {"town": "%s"}}}]},\
         {"role": "tool", "content": "12 degrees"},\
         {"role": "assistant", "content": "It is cold there, so do take a coat with you."}]}""";
    preparing.file(
        "rows.jsonl", row.formatted("Oslo"), row.formatted("Hammerfest"), row.formatted("Oslo"));
    PreparedSet set = preparing.prepare("set", "clean.duplicates=exact");
    assertThat(Preparing.reasons(set))
        .containsExactly("3 duplicates like row 1 of " + folder + "/rows.jsonl");
  }

  @Test
  void rows_that_were_mended_cleaned_and_redacted_are_counted() throws IOException {
    List<String> rows = new ArrayList<>(Preparing.rows(12, 1));
    rows.set(1, Preparing.chat("one question", "its answer", "and one without"));
    rows.set(3, Preparing.row("a question with blanks  ", "and its answer"));
    rows.set(
        4, Preparing.row("who wrote", "the cafÃ© did, " + MAIL + " with card 4111 1111 1111 1111"));
    rows.set(5, Preparing.row("who else wrote", "only " + MAIL + ", twice " + MAIL));
    rows.set(6, Preparing.row("short one  ", "x"));
    preparing.file("rows.jsonl", rows);
    String[] settings = {"data.badRows=repair", "filters.minChars=3"};
    PreparedSet redact = preparing.prepare("redact", settings);
    Preparing.accounted(redact, 12);
    assertThat(Preparing.stage(redact, "read").changed()).isEqualTo(1);
    // also the row that a filter drops later
    assertThat(Preparing.stage(redact, "clean").changed()).isEqualTo(3);
    assertThat(Preparing.stage(redact, "filters").changed()).isZero();
    assertThat(Preparing.stage(redact, "privacy").changed()).isEqualTo(2);
    assertThat(Preparing.stage(redact, "privacy").found())
        .containsOnly(Map.entry("email", 3L), Map.entry("card", 1L));
    PreparedSet drop = preparing.prepare("drop", settings[0], settings[1], "privacy.action=drop");
    assertThat(Preparing.stage(drop, "privacy").changed()).isZero();
    assertThat(Preparing.stage(drop, "privacy").found())
        .isEqualTo(Preparing.stage(redact, "privacy").found());
    assertThat(Preparing.stage(drop, "privacy").dropped()).isEqualTo(Map.of("email", 2L));
  }

  @Test
  void a_row_that_is_left_out_is_listed_whole_with_its_file_reason_and_hint() throws IOException {
    String broken = Preparing.row("cut off", "x".repeat(9000)).replace("\"}", "");
    String late = Preparing.row("after it", "one") + " " + Preparing.row("and", "two");
    String nothing = "{\"prompt\": 7, \"completion\": \"" + "y".repeat(9000) + "\"}";
    String brief = Preparing.row("z".repeat(9000), "no");
    preparing.file("part-a.jsonl", Preparing.rows(5, 1));
    List<String> b = new ArrayList<>(Preparing.rows(5, 2));
    b.addAll(List.of(broken, late, nothing, brief));
    preparing.file("part-b.jsonl", b);
    PreparedSet set =
        preparing.prepare(
            "set", "sources=[{path: '$/part-*.jsonl'}]", "data.badRows=skip", "filters.minChars=3");
    List<JsonNode> dropped = Preparing.dropped(set);
    assertThat(dropped)
        .extracting(line -> line.path("text").asText())
        .containsExactly(
            broken,
            late,
            Json.parse(nothing, "row").toString(),
            Json.parse(brief, "row").toString());
    assertThat(dropped)
        .extracting(line -> line.path("row").asInt(), line -> line.path("stage").asText())
        .containsExactly(tuple(6, "read"), tuple(7, "read"), tuple(8, "read"), tuple(9, "filters"));
    assertThat(dropped)
        .allSatisfy(
            line -> assertThat(line.path("file").asText()).isEqualTo(folder + "/part-b.jsonl"));
    assertThat(dropped.get(0).path("hint").asText())
        .isEqualTo("the line may be cut off: export the file again");
    assertThat(dropped.get(1).path("hint").asText())
        .isEqualTo("put each object on a line of its own");
  }

  @Test
  void conversations_that_differ_in_the_declarations_of_tools_are_not_alike() throws IOException {
    String row =
        """
        {"messages": [{"role": "user", "content": "%s"},\
         {"role": "assistant", "content": "I have no thermometer, so I cannot say that."}],\
         "tools": [{"type": "function", "function": {"name": "%s", "description":\
         "a long description, which is the same in every row and is most of its letters"}}]}""";
    preparing.file(
        "rows.jsonl",
        row.formatted("is it warm in the town of Oslo", "weather"),
        row.formatted("is it warm in the town of Oslo", "clock"),
        row.formatted("is it warm in the town of Oslo", "weather"),
        row.formatted("is it warm in the town of Oslo?!", "weather").replace("so I", "and so I"),
        row.formatted("Hammerfest, how do you do today, and tomorrow", "weather"));
    for (String duplicates : List.of("exact", "near")) {
      PreparedSet set =
          preparing.prepare(duplicates, "clean.duplicates=" + duplicates, "duplicates.near=0.7");
      String like = " duplicates like row 1 of " + folder + "/rows.jsonl";
      assertThat(Preparing.reasons(set))
          .isEqualTo(
              duplicates.equals("exact") ? List.of("3" + like) : List.of("3" + like, "4" + like));
    }
  }

  @Test
  void a_prepared_set_may_be_the_evaluation_data() throws IOException {
    List<String> rows = Preparing.rows(30, 1);
    preparing.file("rows.jsonl", rows);
    PreparedSet held = preparing.prepare("held", "split.eval=4", "split.test=3");
    List<Integer> out = new ArrayList<>(Preparing.numbers(held, "eval"));
    out.addAll(Preparing.numbers(held, "test"));
    // its columns have the usual names, whatever the rows' are called
    preparing.file(
        "rows.jsonl", rows.stream().map(row -> row.replace("\"prompt\"", "\"ask\"")).toList());
    PreparedSet set =
        preparing.prepare("set", "overlap.against=[$/held]", "data.columns.prompt=ask");
    assertThat(Preparing.dropped(set))
        .extracting(line -> line.path("row").asInt())
        .containsExactlyInAnyOrderElementsOf(out)
        .hasSize(7);
    PreparedSet whole = preparing.prepare("whole", "data.columns.prompt=ask");
    assertThat(whole.splits()).containsExactly("train");
    preparing.file(
        "rows.jsonl", Stream.concat(rows.stream(), Preparing.rows(2, 9).stream()).toList());
    assertThat(Preparing.numbers(preparing.prepare("rest", "overlap.against=[$/whole]"), "train"))
        .containsExactly(31, 32);
  }

  @Test
  void evaluation_data_that_cannot_be_read_is_an_error() throws IOException {
    preparing.file("rows.jsonl", Preparing.rows(10, 1));
    preparing.file("held.jsonl", "{\"frage\": \"who\", \"antwort\": \"nobody\"}");
    assertThatThrownBy(() -> preparing.prepare("set", "overlap.against=[$/held.jsonl]"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("1 of 1 rows cannot be used")
        .hasMessageContaining(folder + "/held.jsonl row 1: ");
  }
}
