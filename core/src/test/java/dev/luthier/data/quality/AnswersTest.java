package dev.luthier.data.quality;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.quality.Answers.Kind;
import dev.luthier.data.quality.Answers.Oddity;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswersTest {
  private static final String PROSE =
      "The river rises in the hills. It runs through three towns before it meets the sea. ";

  private static List<Kind> kinds(String answer) {
    return kinds("Tell me something.", answer);
  }

  private static List<Kind> kinds(String prompt, String answer) {
    return Answers.oddities(prompt, answer).stream().map(Oddity::kind).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "I'm sorry, but I can't assist with that.",
        "I’m sorry, but I can’t help with that request.",
        "I am sorry, but as an AI language model, I do not have access to housing prices.",
        "I'm sorry, but I'm unable to perform external tasks like ordering a pizza.",
        "I apologize, but I cannot provide information on individuals.",
        "Unfortunately, I am not able to fulfil this request.",
        "Hello! I cannot comply with that.",
        "As an AI, I don't have personal experiences.",
        "I am an AI and do not have personal preferences.",
        "This is an inappropriate instruction because it cannot be completed by a GPT model.",
        "Es tut mir leid, aber ich kann dabei nicht helfen.",
        "Je suis désolé, mais je ne peux pas vous aider.",
        "Lo siento, pero no puedo ayudarte con eso.",
        "很抱歉，我无法回答这个问题。",
        "作为一个人工智能语言模型，我没有个人感受。",
      })
  void what_declines_is_a_refusal(String answer) {
    assertThat(kinds(answer)).contains(Kind.REFUSAL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "I'm sorry, but I'm unable to come into work today.",
        "I'm sorry to hear that. It must be very difficult for you.",
        "\"I'm sorry, but I can't help you,\" said the wizard.",
        "Energy cannot be created or destroyed.",
        "He is unable to explain it.",
        "I don't have a pen.",
        "Customer service agents often say that they cannot provide information.",
        "Unfortunately, he didn't have any friends.",
      })
  void a_person_s_regret_is_no_refusal(String answer) {
    assertThat(kinds(answer)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "As an AI language model, I think that the answer is four.",
        "The answer is four. I hope this helps!",
        "Sure! Here is the list: one, two.",
        "Certainly, here's an example.",
        "Output: 4",
        "### Response: four",
        "The mayor was elected in 2020, as of my last knowledge update.",
        "My knowledge cutoff is September 2021.",
        "Let me know if you have any other questions.",
        "Als Sprachmodell denke ich, dass es vier sind.",
      })
  void what_every_assistant_says_is_boilerplate(String answer) {
    assertThat(kinds(answer)).containsExactly(Kind.BOILERPLATE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sure, I can help with that. What would you like the title to be?",
        "The output: 4 items were found.",
        "It is a language model that was trained on much text.",
        "Answers are sorted by date.",
        "He wrote: \"As an AI language model\" at the top of the page.",
      })
  void near_misses_are_no_boilerplate(String answer) {
    assertThat(kinds(answer)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        PROSE + "Every spring it floods the meadows on its eastern side and the people who",
        PROSE + "Every spring it floods the meadows on its eastern side,",
        PROSE + "Every spring it floods the meadows on its eastern side (",
        "A long heading paragraph without any stop that goes on about the importance of nature and of",
        "Here is the code:\n```python\nprint(1)\n",
      })
  void what_breaks_off_is_truncated(String answer) {
    assertThat(kinds(answer)).containsExactly(Kind.TRUNCATED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Paris",
        "The river rises in the hills and runs through three towns before it meets the sea",
        PROSE + "It is long.",
        PROSE + "\"It is long.\"",
        PROSE + "It is long 🙂",
        PROSE + "See https://example.org/rivers/of-the-north",
        PROSE + "Come and see it! #river #nature #outdoors",
        PROSE + "\n\n- the hills\n- the towns\n- the sea",
        PROSE + "\n\n1. hills\n2. towns",
        PROSE + "\n\nSincerely,\nJohn Smith",
        PROSE + "\n\n{\"river\": \"long\", \"towns\": [\"A\", \"B\"]}",
        "def f(x):\n    return x",
        "SELECT name FROM rivers WHERE length > 100 ORDER BY name",
        "The woods are lovely, dark and deep,\nBut I have promises to keep,\nAnd miles to go before I"
            + " sleep",
        "```python\nprint(1)\n```",
        "The Old Man and the Sea",
        "Red, green, blue, yellow, orange, purple, black, white, pink, brown, grey, silver, gold",
      })
  void what_is_whole_is_not_truncated(String answer) {
    assertThat(kinds(answer)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The cat sat. The cat sat. The cat sat. The cat sat. The cat sat. The cat",
        "no no no no no no no no no no no no",
        "Intro.\nI am a very long line that comes again.\nI am a very long line that comes"
            + " again.\nI am a very long line that comes again.",
      })
  void a_loop_at_the_end_is_repetition(String answer) {
    assertThat(kinds(answer)).containsExactly(Kind.REPETITION);
  }

  @Test
  void one_thing_over_and_over_is_repetition_wherever_it_stands() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      lines.append(i % 10 == 0 ? "Line " + i : "The same line once more").append(".\n");
    }
    assertThat(kinds(lines + "The end.")).containsExactly(Kind.REPETITION);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
        "ha ha ha",
        "Row, row, row your boat\nGently down the stream\nMerrily, merrily, merrily, merrily\nLife"
            + " is but a dream.",
      })
  void numbers_laughter_and_songs_are_no_loop(String answer) {
    assertThat(kinds(answer)).isEmpty();
  }

  @Test
  void an_answer_that_is_or_begins_with_the_prompt_is_an_echo() {
    String prompt = "Explain in one short sentence why the sky is blue.";
    assertThat(kinds(prompt, "Explain in one short sentence why the sky is blue"))
        .containsExactly(Kind.ECHO);
    assertThat(kinds(prompt, prompt + " Because air scatters blue light more than red."))
        .containsExactly(Kind.ECHO);
    assertThat(kinds(prompt, "Explained in one short sentence: air scatters blue light more."))
        .isEmpty();
    assertThat(kinds("Repeat: hello", "Repeat: hello")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Dear [Recipient's Name], I am writing to you about the river.",
        "Kind regards, [Your Name]",
        "I am {{name}}, an assistant.",
        "Please pay <insert amount> today.",
        "TODO: write this.",
        "Lorem ipsum dolor sit amet.",
      })
  void a_blank_left_over_is_a_placeholder(String answer) {
    assertThat(kinds(answer)).containsExactly(Kind.PLACEHOLDER);
    assertThat(kinds("Fill in: " + answer, answer)).doesNotContain(Kind.PLACEHOLDER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "See [your account](https://example.org).",
        "Use `{{name}}` in the template.",
        "```\n# TODO: later\n```",
        "The array is [1, 2, 3] and x[name] is its entry.",
        "My to-do list is long.",
        "[Your legs have been replaced with buns.] What now?",
      })
  void near_misses_are_no_placeholders(String answer) {
    assertThat(kinds(answer)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "  \n", "...", "-", "N/A", "n/a.", "None", "nan", "null", "<nooutput>"})
  void what_says_nothing_is_empty(String answer) {
    assertThat(kinds(answer)).containsExactly(Kind.EMPTY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"No", "0", "😊", "None of them.", "Null Island", "+"})
  void a_short_answer_is_not_empty(String answer) {
    assertThat(kinds(answer)).isEmpty();
  }
}
