package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.jinja.Rendered;
import dev.luthier.tokenizer.jinja.TemplateException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private static final List<Map<String, Object>> TURNS =
      List.of(
          Map.of("role", "user", "content", "One?"),
          Map.of("role", "assistant", "content", "Two."));

  @Test
  void messages_special_tokens_and_the_generation_prompt_are_variables() {
    ChatTemplate template =
        ChatTemplate.of(
            "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m['content'] }}{% endfor %}"
                + "{% if add_generation_prompt %}[assistant]{% endif %}");
    TemplateInput input = TemplateInput.of(TURNS).withSpecialTokens(Map.of("bos_token", "<s>"));
    assertThat(template.render(input).text()).isEqualTo("<s>[user]One?[assistant]Two.");
    assertThat(template.render(input.withGenerationPrompt(true)).text())
        .isEqualTo("<s>[user]One?[assistant]Two.[assistant]");
  }

  @Test
  void generation_blocks_give_the_ranges_they_wrote() {
    ChatTemplate template =
        ChatTemplate.of(
            "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}"
                + "{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %}"
                + "{% endfor %}");
    Rendered rendered = template.render(TemplateInput.of(TURNS));
    assertThat(rendered.text()).isEqualTo("<user>One?<assistant>Two.</s>");
    assertThat(rendered.generationSpans()).containsExactly(new Rendered.Span(21, 29));
    assertThat(rendered.text().substring(21, 29)).isEqualTo("Two.</s>");
  }

  @Test
  void missing_tools_are_none_as_transformers_passes_them() {
    ChatTemplate template =
        ChatTemplate.of("{{ tools is defined }} {{ tools is none }} {{ documents is none }}");
    assertThat(template.render(TemplateInput.of(TURNS)).text()).isEqualTo("True True True");
  }

  @Test
  void a_template_that_loops_over_missing_tools_sees_them_undefined() {
    ChatTemplate template =
        ChatTemplate.of("{% for t in tools %}{{ t.name }}{% endfor %}{{ tools is defined }}");
    assertThat(template.render(TemplateInput.of(TURNS)).text()).isEqualTo("False");
    assertThat(
            template.render(TemplateInput.of(TURNS).withTools(List.of(Map.of("name", "f")))).text())
        .isEqualTo("fTrue");
  }

  @Test
  void null_in_a_message_is_none() {
    Map<String, Object> message = new HashMap<>();
    message.put("content", null);
    assertThat(
            ChatTemplate.of("{{ messages[0].content is none }}{{ messages[0].content }}")
                .render(TemplateInput.of(List.of(message)))
                .text())
        .isEqualTo("TrueNone");
  }

  @Test
  void the_clock_is_the_callers() {
    Clock clock = Clock.fixed(Instant.parse("2024-07-26T09:05:03Z"), ZoneOffset.UTC);
    assertThat(
            ChatTemplate.of("{{ strftime_now('%d %b %Y %H:%M %A %-d') }}")
                .render(TemplateInput.of(TURNS).withClock(clock))
                .text())
        .isEqualTo("26 Jul 2024 09:05 Friday 26");
  }

  @Test
  void extra_variables_win() {
    assertThat(
            ChatTemplate.of("{{ enable_thinking }}{{ add_generation_prompt }}")
                .render(
                    TemplateInput.of(TURNS)
                        .withExtra(Map.of("enable_thinking", false, "add_generation_prompt", 1)))
                .text())
        .isEqualTo("False1");
  }

  @Test
  void a_refusal_names_the_line_and_the_templates_own_message() {
    ChatTemplate template =
        ChatTemplate.of("a\nb\n{{ raise_exception('System role not supported') }}");
    assertThatThrownBy(() -> template.render(TemplateInput.of(TURNS)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("line 3: System role not supported")
        .satisfies(e -> assertThat(((TemplateException) e).raisedByTemplate()).isTrue());
  }

  @Test
  void the_template_for_tools_is_chosen_where_there_is_one() {
    Map<String, String> named =
        ChatTemplate.named(
            List.of(
                Map.of("name", "default", "template", "a"),
                Map.of("name", "tool_use", "template", "b")));
    assertThat(ChatTemplate.choose(named, true)).isEqualTo("b");
    assertThat(ChatTemplate.choose(named, false)).isEqualTo("a");
    assertThat(ChatTemplate.choose(ChatTemplate.named("c"), true)).isEqualTo("c");
    assertThatThrownBy(() -> ChatTemplate.choose(Map.of("rag", "d"), false))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("rag");
    assertThatThrownBy(() -> ChatTemplate.named(List.of("x"))).isInstanceOf(LuthierException.class);
  }
}
