package dev.luthier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.data.prepared.PreparedSet;
import dev.luthier.data.prepared.PreparedSplit;
import dev.luthier.format.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data show} on sets that {@code data prepare} made. */
class DataShowTest {
  private static final List<String> QUESTIONS =
      List.of("Wie groß 🙂?", "What slid?", "Who\tglued\nit? é 日本", "What slid?", "Why \u009b31m?");

  @TempDir private static Path folder = Path.of("");
  private static Path model = Path.of("");
  private static Path rows = Path.of("");
  private static Path set = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    model = TinyModel.write(folder.resolve("model"), Optional.of(TinyModel.CHATML));
    rows = folder.resolve("rows.jsonl");
    StringBuilder lines = new StringBuilder();
    for (String question : QUESTIONS) {
      lines.append(
          Json.object().put("prompt", question).put("completion", "The canoe 🙂 " + question));
      lines.append('\n');
    }
    Files.writeString(rows, lines);
    set = prepare("set", rows);
  }

  private static Path prepare(String name, Path data) {
    Path output = folder.resolve(name);
    Cli run =
        run(
            "prepare",
            "--model",
            model,
            "--data",
            data,
            "--output",
            output,
            "--set",
            MAX_LENGTH,
            "--set",
            "clean.repair=false"); // which would replace the control character
    assertThat(run.code()).as(run.err()).isZero();
    return output;
  }

  private static final String MAX_LENGTH = "data.maxLength=256";

  private static Cli run(Object... args) {
    return Cli.run(
        Stream.concat(Stream.of("data"), Arrays.stream(args))
            .map(String::valueOf)
            .toArray(String[]::new));
  }

  private static JsonNode json(Object... args) {
    Cli run = run(args);
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines()).hasSize(1);
    return Json.parse(run.out(), "output");
  }

  @Test
  void decoded_tokens_are_the_text_that_preview_shows_of_the_source() {
    List<String> preview =
        texts(
            run("preview", "--model", model, "--data", rows, "--rows", 9, "--set", MAX_LENGTH)
                .out(),
            "row \\d+: \\d+ tokens, \\d+ trained");
    List<String> shown =
        texts(
            run("show", set, "--model", model).out(),
            "document \\d+, text: \\d+ tokens, \\d+ trained");
    preview.remove(3); // a duplicate
    assertThat(preview).hasSize(4).allMatch(text -> text.contains("⟦"));
    assertThat(preview.get(0)).contains("Wie groß 🙂?").contains("⟦The canoe 🙂 Wie groß 🙂?");
    assertThat(shown).isEqualTo(preview);
  }

  /** What stands below each such header, up to the next blank line. */
  private static List<String> texts(String out, String header) {
    return new java.util.ArrayList<>(
        Stream.of(out.split("(?m)^(?=" + header + "$)"))
            .skip(1)
            .map(part -> part.substring(part.indexOf('\n') + 1).split("\n(train )?row", 2)[0])
            .map(String::strip)
            .toList());
  }

  @Test
  void a_row_says_where_it_is_from_and_how_many_tokens_it_became() {
    Cli run = run("show", set, "--row", 3);
    assertThat(run.code()).isZero();
    PreparedSplit split = PreparedSet.open(set).split("train");
    assertThat(run.out())
        .contains("hash   " + PreparedSet.open(set).hash())
        .containsPattern("duplicates +5 +4 +1 exact")
        .contains("The canoe 🙂 Why") // in the example too, where the file has escapes
        .contains("train row 3, from " + rows + " row 5\n{")
        .contains("Why \\x9b31m?") // the terminal would act on U+009B
        .contains(
            "document 3, text: %d tokens, %d trained"
                .formatted(split.length(3), split.document(3).trained()))
        .doesNotContain("train row 2")
        .doesNotContain("\u009b");
  }

  @Test
  void json_has_the_examples_and_every_document() {
    JsonNode out = json("show", set, "--rows", 2, "--model", model, "--json", "--verify");
    assertThat(out.path("verified").asBoolean()).isTrue();
    assertThat(out.path("kind").asText()).isEqualTo("sft");
    assertThat(out.at("/splits/train/rows").asInt()).isEqualTo(4);
    assertThat(out.path("rows")).hasSize(2);
    assertThat(out.at("/rows/1/sourceRow").asInt()).isEqualTo(2);
    assertThat(out.at("/rows/1/example/prompt").asText()).isEqualTo("What slid?");
    JsonNode document = out.at("/rows/1/documents/0");
    StringBuilder text = new StringBuilder();
    int tokens = 0;
    for (JsonNode segment : document.path("segments")) {
      text.append(segment.path("text").asText());
      tokens += segment.path("ids").size();
    }
    assertThat(tokens).isEqualTo(document.path("tokens").asInt()).isPositive();
    assertThat(text).contains("What slid?").contains("The canoe 🙂 What slid?");
  }

  @Test
  void the_two_answers_of_a_pair_are_told_apart() throws IOException {
    Path pairs =
        Files.writeString(
            folder.resolve("pairs.jsonl"),
            "{\"prompt\": \"a\", \"chosen\": \"dark blue\", \"rejected\": \"on\"}\n");
    Path preferences = prepare("pairs", pairs);
    String out = run("show", preferences, "--model", model).out();
    assertThat(out)
        .contains("for preference optimization")
        .containsPattern("document 0, chosen: .*\n(?s).*⟦dark blue.*document 1, rejected: ")
        .contains("⟦on");
  }

  @Test
  void packs_name_every_document_once_and_how_full_each_sequence_is() {
    JsonNode out = json("show", set, "--packs", "--rows", 99, "--json");
    assertThat(out.has("rows")).isFalse();
    List<Integer> all =
        out.findValues("documents").stream()
            .filter(JsonNode::isArray)
            .flatMap(list -> Stream.of(list.toString().split("\\D+")).filter(s -> !s.isEmpty()))
            .map(Integer::valueOf)
            .toList();
    assertThat(all).containsExactlyInAnyOrder(0, 1, 2, 3);
    PreparedSplit split = PreparedSet.open(set).split("train");
    assertThat(split.sequences()).isLessThan(4);
    String first = run("show", set, "--packs", "--rows", 1).out();
    assertThat(first)
        .contains(
            "train sequence 0: %,d tokens of %d documents"
                .formatted(split.sequenceLength(0), split.sequence(0).length))
        .contains("document %d: ".formatted(split.sequence(0)[0]))
        .doesNotContain("sequence 1");
  }

  @Test
  void what_is_not_there_is_said_with_what_is() {
    wrong(2, "has no split 'test'; it has train", "show", set, "--split", "test");
    wrong(
        2,
        "--row is 4, but the split train of " + set + " has the rows 0 to 3",
        "show",
        set,
        "--row",
        4);
    wrong(2, "--row is -1", "show", set, "--row", -1);
    wrong(2, "--rows is -1: must be 0 or more", "show", set, "--rows", -1);
    wrong(2, "leave out --row", "show", set, "--packs", "--row", 0);
    wrong(1, folder + " is no prepared set", "show", folder);
  }

  private static void wrong(int code, String message, Object... args) {
    Cli run = run(args);
    assertThat(run.code()).isEqualTo(code);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void another_models_tokenizer_is_refused() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    for (String name : List.of("tokenizer_config.json", "tokenizer.json")) {
      Files.copy(model.resolve(name), other.resolve(name));
    }
    Path tokenizer = other.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
    wrong(
        1,
        set + " was prepared with another tokenizer than that of " + other,
        "show",
        set,
        "--model",
        other);
  }

  @Test
  void verify_finds_a_changed_byte_that_opening_does_not() throws IOException {
    Path damaged = prepare("damaged", rows);
    assertThat(run("show", damaged, "--verify").out()).contains("all are as they were written");
    Path tokens = damaged.resolve("train.tokens");
    byte[] bytes = Files.readAllBytes(tokens);
    bytes[4] ^= 1;
    Files.write(tokens, bytes);
    assertThat(run("show", damaged).code()).isZero();
    wrong(1, "train.tokens has SHA-256 ", "show", damaged, "--verify");
  }
}
