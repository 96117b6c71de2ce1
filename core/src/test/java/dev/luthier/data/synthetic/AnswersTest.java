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
            "cut off by writer.maxNewTokens");
    assertThat(faults(Answers.tasks("I cannot help with that.", false)))
        .containsExactly("expected Instruction: and Output:, found none");
    assertThat(faults(Answers.pairs("", false)))
        .containsExactly("expected Question: and Answer:, found none");
    assertThat(faults(Answers.tasks("<think>for ever", true))).hasSize(1);
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
    List<Draft> drafts =
        Answers.wordings("Here:\n1. Say 2 primes.\n 2) Which are\nprimes?\n3. Cu", true, "i", "o");
    assertThat(rows(drafts))
        .containsExactly(
            Candidate.of("Say 2 primes.", "i", "o"), Candidate.of("Which are\nprimes?", "i", "o"));
    assertThat(faults(drafts)).containsExactly("cut off by writer.maxNewTokens");
    assertThat(faults(Answers.wordings("no list", false, "", "")))
        .containsExactly("expected a numbered list, found none");
  }
}
