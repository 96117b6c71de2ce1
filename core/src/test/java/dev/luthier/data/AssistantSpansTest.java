package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.data.Example.Chat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssistantSpansTest {
  @ParameterizedTest
  @CsvSource({
    "CHATML,'Two.<|im_end|>','Four.<|im_end|>'",
    "LLAMA2,' Two. </s>',' Four. </s>'",
    "LLAMA3,'Two.<|eot_id|>','Four.<|eot_id|>'",
    "MISTRAL,' Two.</s>',' Four.</s>'",
    "ZEPHYR,'Two.</s>','Four.</s>'",
    "GEMMA,'Two.<end_of_turn>','Four.<end_of_turn>'",
    "OPEN_END,'Two.<|assistant_end|>','Four.'",
    "NO_END,'Two.','Four.'",
    "TOOLS,'Two.<|im_end|>','Four.<|im_end|>'",
    "EAGER,'Two.<|END|>','Four.<|END|>'",
    "TWO_ENDS,'Two.<|END_RESPONSE|><|END|>','Four.<|END_RESPONSE|><|END|>'",
  })
  void a_turn_is_its_content_and_what_closes_it(Templates template, String first, String second) {
    assertThat(trained(template, turns("One?", "Two.", "Three?", "Four.")))
        .containsExactly(first, second);
    assertThat(trained(template, turns("One?", "Two.", "Three?"))).containsExactly(first);
  }

  @ParameterizedTest
  @CsvSource({"LLAMA2", "LLAMA3", "GEMMA"})
  void where_a_template_trims_the_content_the_trimmed_content_is_the_turn(Templates template) {
    assertThat(trained(template, turns("One?", "  Two.\n ")).get(0))
        .matches(template == Templates.LLAMA2 ? " Two. </s>" : "Two\\.<.*>");
  }

  @ParameterizedTest
  @CsvSource({"CHATML", "ZEPHYR"})
  void where_a_template_keeps_white_space_it_is_trained(Templates template) {
    assertThat(trained(template, turns("One?", "  Two.\n ")).get(0)).startsWith("  Two.\n ");
  }

  @Test
  void a_user_who_quotes_the_assistant_is_not_trained() {
    List<Map<String, @Nullable Object>> messages =
        turns("Say \"Yes.\"", "Yes.", "Yes.", "Yes.", "assistant\nYes.<|im_end|>", "Yes.");
    String text = Templates.CHATML.render(messages, false);
    List<TurnSpan> spans = find(Templates.CHATML, messages);
    assertThat(spans).extracting(TurnSpan::message).containsExactly(1, 3, 5);
    for (TurnSpan span : spans) {
      assertThat(text.substring(0, span.start())).endsWith("<|im_start|>assistant\n");
      assertThat(text.substring(span.start(), span.end())).isEqualTo("Yes.<|im_end|>");
    }
  }

  @Test
  void a_system_prompt_in_the_first_or_last_user_turn_does_not_matter() {
    List<Map<String, @Nullable Object>> messages = new ArrayList<>(turns("a", "b", "c", "d"));
    messages.add(0, Chat.message("system", "Be b."));
    assertThat(trained(Templates.LLAMA2, messages)).containsExactly(" b </s>", " d </s>");
    assertThat(trained(Templates.MISTRAL, messages)).containsExactly(" b</s>", " d</s>");
  }

  @Test
  void reasoning_that_the_template_drops_is_not_looked_for() {
    assertThat(
            trained(
                Templates.THINKING,
                turns("a", "<think>hm</think>\n\nb", "c", "<think>hm hm</think>\n\nd")))
        .containsExactly("b<|im_end|>", "<think>\nhm hm\n</think>\n\nd<|im_end|>");
  }

  @Test
  void an_empty_answer_trains_its_end() {
    assertThat(trained(Templates.CHATML, turns("a", "", "c", "d")))
        .containsExactly("<|im_end|>", "d<|im_end|>");
  }

  @Test
  void tool_calls_are_trained_with_the_content_before_them() {
    List<Map<String, @Nullable Object>> messages =
        new ArrayList<>(turns("Weather?", "Let me see."));
    messages.get(1).put("tool_calls", List.of("{get}", "{put}"));
    messages.add(Chat.message("tool", "21"));
    messages.add(Chat.message("assistant", "21 degrees."));
    String calls = "\n<tool_call>\n{get}\n</tool_call>\n<tool_call>\n{put}\n</tool_call><|im_end|>";
    assertThat(trained(Templates.TOOLS, messages))
        .containsExactly("Let me see." + calls, "21 degrees.<|im_end|>");
    messages.get(1).put("content", null);
    assertThat(trained(Templates.TOOLS, messages).get(0)).isEqualTo(calls.substring(1));
    assertThat(trained(Templates.MISTRAL, messages.subList(0, 2)))
        .containsExactly("[TOOL_CALLS] [{get}, {put}]</s>");
  }

  @Test
  void a_turn_that_the_template_leaves_out_makes_the_row_unusable() {
    assertThatThrownBy(() -> find(Templates.FORGETFUL, turns("a", "b", "c", "d")))
        .isInstanceOf(RowRefused.class)
        .hasMessageContaining("message 2 (assistant)");
  }

  @Test
  void a_template_that_rewrites_the_content_makes_the_row_unusable() {
    AssistantSpans.Renderer shouting =
        (messages, prompt) -> {
          StringBuilder out = new StringBuilder();
          messages.forEach(m -> out.append("#").append(Templates.content(m).replace("e", "E")));
          return out.toString();
        };
    assertThatThrownBy(() -> find(shouting, turns("a", "hello")))
        .isInstanceOf(RowRefused.class)
        .hasMessageContaining("writes \"hEllo\" where the message says \"hello\"");
  }

  @Property(tries = 300)
  void whatever_is_said_the_spans_are_the_answers(
      @ForAll @Size(min = 1, max = 4)
          List<
                  @NotEmpty @StringLength(max = 12) @Chars({'<', '>', '|', '/', 's', '\n', ' '})
                  @CharRange(from = 'a', to = 'e') String>
              says) {
    for (Templates template : List.of(Templates.CHATML, Templates.ZEPHYR, Templates.LLAMA3)) {
      List<Map<String, @Nullable Object>> messages = new ArrayList<>();
      for (String said : says) {
        messages.add(Chat.message("user", said));
        messages.add(Chat.message("assistant", said));
      }
      String end =
          Map.of(Templates.CHATML, "<|im_end|>", Templates.ZEPHYR, "</s>")
              .getOrDefault(template, "<|eot_id|>");
      List<String> expected =
          says.stream().map(s -> (template == Templates.LLAMA3 ? s.strip() : s) + end).toList();
      assertThat(trained(template, messages)).isEqualTo(expected);
    }
  }

  private static List<String> trained(
      AssistantSpans.Renderer template, List<Map<String, @Nullable Object>> messages) {
    String text = template.render(messages, false);
    return find(template, messages).stream()
        .map(span -> text.substring(span.start(), span.end()))
        .toList();
  }

  private static List<TurnSpan> find(
      AssistantSpans.Renderer template, List<Map<String, @Nullable Object>> messages) {
    return new AssistantSpans(
            template, new EndMarkers(List.of("</s>")), messages, template.render(messages, false))
        .find();
  }

  /** User and assistant in turn. */
  static List<Map<String, @Nullable Object>> turns(String... said) {
    List<Map<String, @Nullable Object>> messages = new ArrayList<>();
    for (int i = 0; i < said.length; i++) {
      messages.add(new LinkedHashMap<>(Chat.message(i % 2 == 0 ? "user" : "assistant", said[i])));
    }
    return messages;
  }
}
