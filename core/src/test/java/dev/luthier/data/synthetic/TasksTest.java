package dev.luthier.data.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TasksTest {
  @TempDir private Path folder = Path.of("");

  private static List<SeedTask> tasks(String name, int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> new SeedTask(name + "#" + i, name + " task " + i, "", "answer " + i))
        .toList();
  }

  @Test
  void self_instruct_shows_six_seeds_and_two_kept_rows_and_asks_for_eight_more() {
    SelfInstruct task = new SelfInstruct(tasks("seed", 20), 6, 2, 8, 5);
    List<SeedTask> kept = tasks("row", 30);
    Set<String> seen = new TreeSet<>();
    for (int request = 0; request < 300; request++) {
      Ask ask = task.ask(request, kept);
      assertThat(ask.sources()).hasSize(8).doesNotHaveDuplicates();
      assertThat(ask.sources()).filteredOn(s -> s.startsWith("row#")).hasSize(2);
      assertThat(ask.prompt())
          .contains("\n8. Output: ")
          .endsWith("tasks 9 to 16 in the same form, and nothing else.");
      assertThat(task.ask(request, kept)).extracting(Ask::prompt).isEqualTo(ask.prompt());
      seen.addAll(ask.sources());
    }
    // All are drawn from, and which is first changes.
    assertThat(seen).hasSize(50);
    assertThat(task.ask(0, List.of()).sources()).hasSize(8).allMatch(s -> s.startsWith("seed#"));
    assertThat(new SelfInstruct(tasks("s", 3), 6, 2, 8, 5).ask(0, List.of()).prompt())
        .contains("1. Input: <noinput>")
        .contains("Write tasks 4 to 11 ");
  }

  @Test
  void augment_goes_through_seeds_and_changes_and_keeps_what_a_change_keeps() {
    List<SeedTask> seeds = new ArrayList<>(tasks("s", 2));
    seeds.add(new SeedTask("s#3", "Add them.", "1 2", "3"));
    Augment task = new Augment(seeds, List.of(Variant.values()), 7);
    assertThat(task.requests()).hasValue(21);
    Set<String> made = new TreeSet<>();
    for (int r = 0; r < 21; r++) {
      Ask ask = task.ask(r, List.of());
      assertThat(ask.sources()).containsExactly("s#" + (r % 3 + 1));
      assertThat(ask.variant().equals("input") && r % 3 != 2).isFalse();
      made.add(ask.sources() + ask.variant());
    }
    // A seed without input gets 6 of the 7 changes.
    assertThat(made).hasSize(6 + 6 + 7);
    Ask input = new Augment(seeds, List.of(Variant.INPUT), 1).ask(0, List.of());
    assertThat(input.reader().read("Instruction: ADD!\nInput: 4 5\nOutput: 9", false))
        .containsExactly(
            Draft.of(new Candidate("Add them.", "4 5", "9", Candidate.Part.INPUT, "")));
    assertThat(new Augment(seeds, List.of(Variant.INPUT), 1).requests()).hasValue(1);
    assertThatThrownBy(() -> new Augment(tasks("s", 2), List.of(Variant.INPUT), 1))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("no seed has an input");
    Ask answer = new Augment(seeds, List.of(Variant.ANSWER), 1).ask(2, List.of());
    assertThat(answer.reader().read("Instruction: x\nInput: y\nOutput: three", false))
        .containsExactly(
            Draft.of(new Candidate("Add them.", "1 2", "three", Candidate.Part.OUTPUT, "")));
    assertThat(task.known()).contains("Add them.", "1 2", "3").doesNotContain("");
  }

  @Test
  void chunks_are_whole_paragraphs_while_they_fit() {
    String text =
        "One two.\n\nThree four.\n \nFive six seven. Eight nine ten!\n\n" + "x".repeat(45);
    List<String> chunks =
        new Chunker(20).chunks(text).stream().map(s -> text.substring(s.start(), s.end())).toList();
    assertThat(chunks)
        .containsExactly(
            "One two.",
            "Three four.",
            "Five six seven.",
            "Eight nine ten!",
            "x".repeat(20),
            "x".repeat(20),
            "x".repeat(5));
    assertThat(new Chunker(30).chunks("One two.\n\nThree four.")).hasSize(1);
    assertThat(new Chunker(100).chunks(" \n\n ")).isEmpty();
    String emoji = "🙂".repeat(30);
    assertThat(new Chunker(11).chunks(emoji)).allMatch(s -> s.start() % 2 == 0 && s.end() % 2 == 0);
  }

  @Test
  void documents_are_the_text_files_of_a_folder_in_the_order_of_their_paths() throws IOException {
    Files.createDirectories(folder.resolve("b"));
    Files.writeString(folder.resolve("c.txt"), "Last one.");
    Files.writeString(folder.resolve("b/a.md"), "First.\n\nSecond " + "x ".repeat(60));
    Files.writeString(folder.resolve("b/skip.bin"), "no");
    DocumentChunks chunks = new DocumentChunks(folder, 110);
    assertThat(IntStream.range(0, chunks.size()).mapToObj(chunks::chunk))
        .extracting(DocumentChunks.Chunk::source)
        .containsExactly("b/a.md#1", "b/a.md#2", "b/a.md#3", "c.txt#1");
    assertThat(chunks.chunk(0).text()).isEqualTo("First.");
    assertThat(new DocumentChunks(folder.resolve("c.txt"), 110).chunk(0))
        .isEqualTo(new DocumentChunks.Chunk("c.txt#1", "Last one."));
    String before = chunks.hash();
    Files.writeString(folder.resolve("c.txt"), "Last two.");
    assertThat(new DocumentChunks(folder, 110).hash()).isNotEqualTo(before);
    Files.write(folder.resolve("d.txt"), new byte[] {(byte) 0xff});
    assertThatThrownBy(() -> new DocumentChunks(folder, 110))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("d.txt: is not UTF-8");
  }

  @Test
  void a_question_is_asked_about_each_chunk_and_judged_by_it() throws IOException {
    Files.writeString(folder.resolve("a.txt"), "The sky is blue.");
    DocumentChunks chunks = new DocumentChunks(folder, 100);
    Ask ask = new QuestionAnswer(chunks, 2, true, 1).ask(0, List.of());
    assertThat(ask.prompt()).contains("Write 2 questions").endsWith("The sky is blue.");
    assertThat(ask.reader().read("Question: What colour?\nAnswer: Blue.", false))
        .containsExactly(
            Draft.of(
                new Candidate(
                    "What colour?",
                    "The sky is blue.",
                    "Blue.",
                    Candidate.Part.INSTRUCTION,
                    "The sky is blue.")));
  }

  @Test
  void seeds_are_read_from_every_kind_of_row_with_one_question_and_one_answer() throws IOException {
    Path rows = folder.resolve("s.jsonl");
    Files.writeString(
        rows,
        """
        {"instruction": "a", "input": "b", "output": "c"}
        {"prompt": "d", "completion": "e"}

        {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "f"}, \
        {"role": "assistant", "content": "g"}]}
        """);
    assertThat(SeedReader.read(rows))
        .containsExactly(
            new SeedTask("s.jsonl#1", "a", "b", "c"),
            new SeedTask("s.jsonl#2", "d", "", "e"),
            new SeedTask("s.jsonl#4", "f", "", "g"));
    Files.writeString(
        rows,
        """
        {"id": "seed_task_0", "name": "n", "instruction": "a", "instances": [{"input": "", \
        "output": "c"}, {"input": "", "output": "x"}], "is_classification": false}
        """);
    assertThat(SeedReader.read(rows)).containsExactly(new SeedTask("s.jsonl#1", "a", "", "c"));
    Files.writeString(rows, "{\"text\": \"a\"}\n{\"prompt\": 1, \"completion\": \"\"}\n");
    assertThatThrownBy(() -> SeedReader.read(rows))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll("row 1: expected one question", "row 2: prompt: expected");
    Files.writeString(
        rows,
        "{\"instruction\": \"a\", \"input\": \"\", \"output\": \"b\", \"history\": [[\"c\", \"d\"]]}\n");
    assertThatThrownBy(() -> SeedReader.read(rows))
        .hasMessageContaining("row 1: expected one question");
    Files.writeString(rows, "{\"instruction\": \"a\", \"instances\": []}\n");
    assertThatThrownBy(() -> SeedReader.read(rows)).hasMessageContaining("row 1: ");
  }
}
