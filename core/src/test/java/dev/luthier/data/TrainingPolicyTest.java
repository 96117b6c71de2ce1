package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.UsageException;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.DataSettings.TrainOnEnd;
import dev.luthier.data.Example.Chat;
import dev.luthier.data.Example.PromptCompletion;
import dev.luthier.data.Example.Text;
import dev.luthier.recipe.PreviewSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * ChatML, in which everything is a token of one or few characters: what is trained, to the letter.
 */
class TrainingPolicyTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();
  private static final String END = "<|im_end|>";

  @ParameterizedTest
  @CsvSource({
    "ASSISTANT, TURN, bE dE",
    "ASSISTANT, LAST, b dE",
    "ASSISTANT, ALL, E bE E dE",
    "ASSISTANT, NONE, b d",
    "LAST, TURN, dE",
    "LAST, LAST, dE",
    "LAST, NONE, d",
    "LAST, ALL, E E E dE",
    "COMPLETION, TURN, dE"
  })
  void settings_choose_turns_and_ends(TrainOn on, TrainOnEnd ends, String expected) {
    assertThat(runs(on, ends, chat(AssistantSpansTest.turns("a", "b", "c", "d"))))
        .containsExactly(expected.replace("E", END).split(" "));
  }

  @Test
  void a_completion_is_what_follows_the_last_user_or_the_prompt() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b", "c", "d");
    messages.get(3).put("tool_calls", List.of("{get}"));
    messages.add(Chat.message("tool", "21"));
    messages.add(new LinkedHashMap<>(Chat.message("assistant", "f")));
    assertThat(trained(Templates.TOOLS, TrainOn.COMPLETION, TrainOnEnd.TURN, chat(messages)))
        .containsExactly("d\n<tool_call>\n{get}\n</tool_call>" + END, "f" + END);
    Chat split = new Chat(AssistantSpansTest.turns("a", "b", "c", "d"), List.of(), 1);
    assertThat(runs(TrainOn.COMPLETION, TrainOnEnd.TURN, split))
        .containsExactly("b" + END, "d" + END);
    assertThat(encode(TrainOn.COMPLETION, new PromptCompletion("a", "b")).sequence().labels())
        .isEqualTo(encode(TrainOn.ASSISTANT, new PromptCompletion("a", "b")).sequence().labels());
  }

  @Test
  void a_message_can_take_itself_out_and_others_can_join() {
    List<Map<String, @Nullable Object>> messages =
        AssistantSpansTest.turns("a", "b", "c", "d", "e", "f");
    messages.get(1).put("weight", 0);
    messages.get(2).put("train", true);
    messages.get(3).put("loss_weight", 0.0);
    messages.get(5).put("loss_weight", 1.0);
    assertThat(runs(TrainOn.ASSISTANT, TrainOnEnd.TURN, chat(messages)))
        .containsExactly("c" + END, "f" + END);
    assertThat(runs(TrainOn.ASSISTANT, TrainOnEnd.LAST, chat(messages)))
        .containsExactly("c", "f" + END);
  }

  @Test
  void marks_do_not_bring_back_what_the_settings_leave_out() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b", "c", "d");
    messages.get(1).put("train", true);
    assertThat(runs(TrainOn.LAST, TrainOnEnd.TURN, chat(messages))).containsExactly("d" + END);
  }

  @Test
  void everything_but_what_is_marked() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b", "c", "d");
    messages.get(1).put("train", false);
    assertThat(runs(TrainOn.ALL, TrainOnEnd.TURN, chat(messages)))
        .containsExactly(
            "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n",
            "\n<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\nd<|im_end|>\n");
  }

  @Test
  void characters_are_marked_by_ranges_with_their_last_included() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("x", "ab🙂cd");
    messages.get(1).put("train_detail", List.of(range(0, 1, false), range(2, 3, true)));
    assertThat(runs(TrainOn.ASSISTANT, TrainOnEnd.TURN, chat(messages)))
        .containsExactly("🙂c", END);
    messages.get(0).put("train_detail", List.of(range(0, 0, true)));
    assertThat(runs(TrainOn.ASSISTANT, TrainOnEnd.NONE, chat(messages)))
        .containsExactly("x", "🙂c");
  }

  @Test
  void ranges_move_with_content_that_the_template_trims() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("x", "  abcd ");
    messages.get(1).put("train_detail", List.of(range(3, 4, true)));
    assertThat(trained(Templates.LLAMA3, TrainOn.ASSISTANT, TrainOnEnd.NONE, chat(messages)))
        .containsExactly("bc");
  }

  @Test
  void parts_of_a_content_are_marked_one_by_one() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("x", "");
    messages
        .get(1)
        .put(
            "content",
            List.of(
                Map.of("type", "text", "text", "ab"),
                Map.of("type", "text", "text", "cd", "train", false),
                Map.of("type", "text", "value", "ef", "weight", 1)));
    assertThat(runs(TrainOn.ASSISTANT, TrainOnEnd.TURN, chat(messages)))
        .containsExactly("ab", "ef" + END);
    messages.get(1).put("train", false);
    assertThat(runs(TrainOn.ASSISTANT, TrainOnEnd.NONE, chat(messages))).containsExactly("ef");
  }

  @ParameterizedTest
  @CsvSource({
    "train, 1, 'message 2 (assistant): train: expected true or false, found 1'",
    "weight, 0.5, 'message 2 (assistant): weight: expected 0 or 1, found 0.5: tokens are trained or not'",
    "loss_weight, 2, 'message 2 (assistant): loss_weight: expected 0 or 1, found 2'"
  })
  void other_numbers_are_refused_by_name(String key, double value, String message) {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b");
    messages.get(1).put(key, value == Math.rint(value) ? (Object) (int) value : (Object) value);
    assertThatThrownBy(() -> encode(TrainOn.ASSISTANT, chat(messages)))
        .isInstanceOf(RowRefused.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void marks_that_contradict_or_point_nowhere_are_refused() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b");
    messages.get(1).put("train", true);
    messages.get(1).put("weight", 0);
    assertThatThrownBy(() -> encode(TrainOn.ASSISTANT, chat(messages)))
        .hasMessageContaining("contradict");
    List<Map<String, @Nullable Object>> outside = AssistantSpansTest.turns("a", "b");
    outside.get(1).put("train_detail", List.of(range(0, 1, true)));
    assertThatThrownBy(() -> encode(TrainOn.ASSISTANT, chat(outside)))
        .hasMessageContaining("end_offset < 1");
  }

  @Test
  void rows_without_a_template_may_leave_the_end_token_out_too() {
    SftEncoder encoder =
        new SftEncoder(TOKENIZER, Optional.empty(), TrainOn.ASSISTANT, TrainOnEnd.NONE, Set.of());
    EncodedRow pair = encoder.encode(new Row(1, new PromptCompletion("a", "b")));
    assertThat(runs(pair)).containsExactly("b");
    assertThat(pair.text()).isEqualTo("ab" + END);
    assertThat(pair.endsWithStop()).isFalse();
    assertThat(runs(encoder.encode(new Row(1, new Text("ab"))))).containsExactly("ab");
  }

  @Test
  void a_policy_for_ends_does_not_go_with_all() {
    assertThatThrownBy(
            () ->
                new Settings()
                    .set("data.trainOn", "all", "--set")
                    .set("data.trainOnEnd", "none", "--set")
                    .bind(PreviewSettings.class))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("data.trainOnEnd");
  }

  private static Map<String, Object> range(int begin, int end, boolean train) {
    return Map.of("begin_offset", begin, "end_offset", end, "train", train);
  }

  private static Chat chat(List<Map<String, @Nullable Object>> messages) {
    return new Chat(messages, List.of(), 0);
  }

  private static EncodedRow encode(TrainOn on, Example example) {
    return encoder(Templates.CHATML, on, TrainOnEnd.TURN).encode(new Row(1, example));
  }

  private static List<String> runs(TrainOn on, TrainOnEnd ends, Chat chat) {
    return trained(Templates.CHATML, on, ends, chat);
  }

  private static List<String> trained(Templates template, TrainOn on, TrainOnEnd ends, Chat chat) {
    return runs(encoder(template, on, ends).encode(new Row(1, chat)));
  }

  private static SftEncoder encoder(Templates template, TrainOn on, TrainOnEnd ends) {
    ChatEncoder chat =
        new ChatEncoder(
            TOKENIZER,
            (messages, tools, prompt) ->
                new ChatEncoder.Chat(template.render(messages, prompt), List.of()));
    return new SftEncoder(TOKENIZER, Optional.of(chat), on, ends, Set.of());
  }

  /** The text under each run of trained tokens. */
  static List<String> runs(EncodedRow row) {
    List<String> runs = new ArrayList<>();
    int[] labels = row.sequence().labels();
    for (int t = 0; t < labels.length; t++) {
      if (labels[t] == TokenSequence.IGNORED) {
        continue;
      }
      int start = row.encoding().starts()[t];
      int end = start;
      for (; t < labels.length && labels[t] != TokenSequence.IGNORED; t++) {
        end = Math.max(end, row.encoding().ends()[t]);
      }
      runs.add(row.text().substring(start, end));
    }
    return runs;
  }
}
