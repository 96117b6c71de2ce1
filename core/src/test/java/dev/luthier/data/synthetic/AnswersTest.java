package dev.luthier.data.synthetic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnswersTest {
  private static final Candidate PRIME = Candidate.of("Name a prime.", "", "7");
  private static final Candidate SORT = Candidate.of("Sort these.", "b, a", "a, b");

  private static List<Candidate> rows(List<Draft> drafts) {
    return drafts.stream().filter(d -> d.fault().isEmpty()).map(Draft::candidate).toList();
  }

  private static List<String> faults(List<Draft> drafts) {
    return drafts.stream().flatMap(d -> d.fault().stream()).map(Rejection::detail).toList();
  }

  @Test
  void tasks_are_read_however_a_model_dresses_them() {
    for (String answer :
        List.of(
            """
            ###
            9. Instruction: Name a prime.
            9. Input: <noinput>
            9. Output: 7
            ###
            10. Instruction: Sort these.
            10. Input: b, a
            10. Output: a, b
            """,
            """
            Sure! Here are two tasks:

            **9. Instruction:** Name a prime.
            **9. Input:** None
            **9. Output:** 7

            ---

            **10. Instruction:** Sort these.
            **10. Input:**
            b, a
            **10. Output:**
            a, b
            """,
            """
            ### Task
            Instruction: Name a prime.
            Output: 7

            instruction 2: Sort these.
            input: b, a
            output: a, b
            11.""",
            """
            <think>They want tasks.
            Instruction: not this one
            Output: nor this</think>
            9. Instruction: Name a prime.
            9. Input: n/a
            9. Output: 7
            10) Instruction: Sort these.
            10) Input: b, a
            10) Output: a, b""")) {
      List<Draft> drafts = Answers.tasks(answer, false);
      assertThat(rows(drafts)).as(answer).containsExactly(PRIME, SORT);
      assertThat(faults(drafts)).isEmpty();
    }
  }

  @Test
  void an_output_keeps_lines_that_look_like_labels_before_it() {
    String output = "Read it:\nInput: 3\n\n```\nx = 3  ### no rule\n```\nAnswer: 4";
    assertThat(rows(Answers.tasks("Instruction: Show it.\nInput: -\nOutput: " + output, false)))
        .containsExactly(Candidate.of("Show it.", "", output));
  }

  @Test
  void rules_and_numbers_within_an_output_stay_and_what_parts_records_goes() {
    String output = "Title\n-----\n1 + 2\n***\nis\n3";
    List<Draft> drafts =
        Answers.tasks(
            "1. Instruction: Show it.\n1. Output: "
                + output
                + "\n\n---\n\n### Task 2\n2. Instruction: Name a prime.\n2. Output: 7\n**Task 3:**\n\n",
            false);
    assertThat(rows(drafts)).containsExactly(Candidate.of("Show it.", "", output), PRIME);
    assertThat(rows(Answers.tasks("Instruction: Blank.\nOutput: x" + "\n".repeat(50_000), false)))
        .containsExactly(Candidate.of("Blank.", "", "x"));
  }

  @Test
  void where_records_are_numbered_a_line_without_a_number_begins_none() {
    String output = "Write on a card:\nInstruction: shake well.\nThen keep it.";
    assertThat(
            rows(
                Answers.tasks(
                    "1. Instruction: How?\nInput: none\nOutput: "
                        + output
                        + "\n2. Instruction: Name a prime.\nOutput: 7",
                    false)))
        .containsExactly(Candidate.of("How?", "", output), PRIME);
  }

  @Test
  void what_is_not_whole_is_a_fault_of_its_own() {
    List<Draft> drafts =
        Answers.tasks(
            "Instruction: One\nOutput:\nInstruction: Two\nInstruction:\nOutput: 3\n"
                + "Instruction: Name a prime.\nOutput: 7\nInstruction: Cut\nOutput: off he",
            true);
    assertThat(rows(drafts)).containsExactly(PRIME);
    assertThat(faults(drafts))
        .containsExactly(
            "nothing after Output:",
            "nothing after Output:",
            "nothing after Instruction:",
            "cut off: writer.maxNewTokens or the model's context is short");
    assertThat(faults(Answers.tasks("I cannot help with that.", false)))
        .containsExactly("expected Instruction: and Output:, found none");
    assertThat(faults(Answers.pairs("", false)))
        .containsExactly("expected Question: and Answer:, found none");
    assertThat(faults(Answers.tasks("<think>for ever", true)))
        .containsExactly(
            "expected Instruction: and Output:, found none; cut off: writer.maxNewTokens or the"
                + " model's context is short");
  }

  @Test
  void questions_and_answers_are_read_in_pairs() {
    List<Draft> drafts =
        Answers.pairs(
            "1. Question: Who wrote it?\n   Answer: Goethe did.\n\n**Question 2:** When?\n"
                + "**Answer 2:** In 1808,\nthen again.",
            false);
    assertThat(rows(drafts))
        .containsExactly(
            Candidate.of("Who wrote it?", "", "Goethe did."),
            Candidate.of("When?", "", "In 1808,\nthen again."));
  }

  @Test
  void wordings_are_the_items_of_a_numbered_list() {
    SeedTask task = new SeedTask("s#1", "Name two primes.", "i", "o");
    List<Draft> drafts =
        Answers.wordings("Here:\n1. Say 2 primes.\n 2) Which are\nprimes?\n3. Cu", true, task, 3);
    assertThat(rows(drafts))
        .containsExactly(
            Candidate.of("Say 2 primes.", "i", "o"), Candidate.of("Which are\nprimes?", "i", "o"));
    assertThat(faults(drafts))
        .containsExactly("cut off: writer.maxNewTokens or the model's context is short");
    assertThat(
            rows(
                Answers.wordings(
                    "1. \"Which two are prime?\"\n2. “Prime?” or “odd?”\n\nAsk me for more!",
                    false,
                    task,
                    3)))
        .containsExactly(
            Candidate.of("Which two are prime?", "i", "o"),
            Candidate.of("“Prime?” or “odd?”", "i", "o"));
    assertThat(faults(Answers.wordings("no list", false, task, 3)))
        .containsExactly("expected a numbered list, found none");
  }

  @Test
  void steps_of_a_task_are_not_taken_for_wordings_of_it() {
    SeedTask steps = new SeedTask("s#1", "Do this:\n1. Read.\n2. Write.", "", "o");
    String list = "1. Please:\n1. Read it.\n2. Write it.\n2. Now:\n1. Read.\n2. Write.";
    assertThat(faults(Answers.wordings(list, false, steps, 2)))
        .hasSize(6)
        .containsOnly("expected 2 wordings, found 6 numbered lines");
    assertThat(rows(Answers.wordings("1. Read and write.\n\n2. First read.", false, steps, 2)))
        .containsExactly(
            Candidate.of("Read and write.", "", "o"), Candidate.of("First read.", "", "o"));
  }
}
