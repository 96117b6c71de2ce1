package dev.luthier.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Example.Chat;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplate;
import dev.luthier.tokenizer.TestTokenizers;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DroppedTest {
  private static final String HEAD = "{% for m in messages %}";
  private static final String TURN = "<{{ m.role }}>{{ m.content }}</s>";
  private static final String QUIET =
      HEAD + "{% if m.role in ['user', 'assistant'] %}" + TURN + "{% endif %}{% endfor %}";
  private static final String LOUD =
      "{{ tools | tojson }}"
          + HEAD
          + "<{{ m.role }}>{{ m.content }}{{ m.tool_calls | tojson if m.tool_calls }}</s>{% endfor %}";

  @Test
  void what_a_template_leaves_out_is_listed() {
    Dropped dropped = encode(QUIET, conversation(), List.of(tool())).dropped();
    assertThat(dropped.messages()).containsExactly(0, 3);
    assertThat(dropped.toolCalls()).containsExactly(2);
    assertThat(dropped.tools()).isTrue();
    assertThat(dropped.isEmpty()).isFalse();
  }

  @Test
  void what_it_writes_is_not_listed() {
    assertThat(encode(LOUD, conversation(), List.of(tool())).dropped().isEmpty()).isTrue();
  }

  @Test
  void a_repeated_content_elsewhere_does_not_hide_a_dropped_message() {
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("Be b.", "Be b.");
    messages.add(0, Chat.message("system", "Be b."));
    assertThat(encode(QUIET, messages, List.of()).dropped().messages()).containsExactly(0);
  }

  @Test
  void content_that_json_escapes_is_not_dropped() {
    String json =
        HEAD
            + "<{{ m.role }}>{{ m.content if m.role != 'tool' else m.content | tojson }}</s>{% endfor %}";
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b");
    messages.add(1, Chat.message("tool", "{\"t\": \"é\"}"));
    assertThat(encode(json, messages, List.of()).dropped().isEmpty()).isTrue();
    assertThat(encode(QUIET, messages, List.of()).dropped().messages()).containsExactly(1);
  }

  @Test
  void a_content_that_is_dropped_for_what_it_says_is_listed() {
    String picky = HEAD + "<{{ m.role }}>{{ m.content if 'b' not in m.content }}</s>{% endfor %}";
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("abc", "def");
    assertThat(encode(picky, messages, List.of()).dropped().messages()).containsExactly(0);
  }

  @Test
  void an_answer_that_is_only_context_may_be_missing() {
    String last =
        HEAD + "{% if m.role == 'user' or loop.last %}" + TURN + "{% endif %}{% endfor %}";
    List<Map<String, @Nullable Object>> messages = AssistantSpansTest.turns("a", "b", "c", "d");
    messages.get(1).put("train", false);
    EncodedRow row = encode(last, messages, List.of());
    assertThat(row.dropped().messages()).containsExactly(1);
    assertThat(TrainingPolicyTest.runs(row)).containsExactly("d</s>");
  }

  private static List<Map<String, @Nullable Object>> conversation() {
    List<Map<String, @Nullable Object>> messages =
        new ArrayList<>(AssistantSpansTest.turns("Weather?", "Let me see."));
    messages.add(0, Chat.message("system", "Be brief."));
    Map<String, @Nullable Object> call = new LinkedHashMap<>();
    call.put("function", Map.of("name", "get", "arguments", Map.of("city", "Paris")));
    messages.get(2).put("tool_calls", List.of(call));
    messages.add(Chat.message("tool", "21"));
    messages.add(Chat.message("assistant", "21 degrees."));
    return messages;
  }

  private static Map<String, Object> tool() {
    return Map.of("name", "get");
  }

  private static EncodedRow encode(
      String template, List<Map<String, @Nullable Object>> messages, List<Object> tools) {
    ChatEncoder chat =
        new ChatEncoder(
            TestTokenizers.chat(),
            ChatEncoder.renderer(ChatTemplate.of(template), Map.of(), Clock.systemUTC()));
    return new SftEncoder(TestTokenizers.chat(), Optional.of(chat), TrainOn.ASSISTANT, Set.of())
        .encode(new Row(1, new Chat(messages, tools, 0)));
  }
}
