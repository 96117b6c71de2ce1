package dev.luthier.export.gotemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What Ollama does before and around Go's engine. */
class OllamaTemplateTest {
  private static final Clock DAY =
      Clock.fixed(Instant.parse("2024-07-26T10:00:00Z"), ZoneOffset.UTC);

  private static String render(String template, String... talk) {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < talk.length; i += 2) {
      messages.add(Map.of("role", talk[i], "content", talk[i + 1]));
    }
    return OllamaTemplate.of(template, DAY).render(messages, List.of());
  }

  @Test
  void neighbours_of_one_role_are_joined_but_tool_results_are_not() {
    assertThat(
            render(
                "{{ range .Messages }}[{{ .Role }}:{{ .Content }}]{{ end }}{{ .System }}",
                "system",
                "a",
                "system",
                "b",
                "user",
                "c",
                "user",
                "d",
                "tool",
                "e",
                "tool",
                "f"))
        .isEqualTo("[system:a\n\nb][user:c\n\nd][tool:e][tool:f]a\n\nb");
  }

  @Test
  void older_templates_are_rendered_exchange_by_exchange_and_cut_at_the_response() {
    String old =
        "{{ if .System }}<s>{{ .System }}</s>{{ end }}{{ if .Prompt }}<u>{{ .Prompt }}</u>{{ end }}"
            + "<a>{{ .Response }}</a>";
    assertThat(render(old, "system", "S", "user", "1", "assistant", "2", "user", "3"))
        .isEqualTo("<s>S</s><u>1</u><a>2</a><u>3</u><a>");
    assertThat(render("{{ .Prompt }}!", "user", "1", "assistant", "2", "user", "3"))
        .isEqualTo("1!23!");
    assertThat(render("{{ .Prompt }}{{ if .Response }}:{{ .Response }};{{ end }}", "user", "1"))
        .isEqualTo("1");
  }

  @Test
  void fields_that_a_message_does_not_have_are_errors_and_others_are_empty() {
    assertThat(render("{{ range .Messages }}{{ .Thinking }}|{{ .ToolName }}{{ end }}", "user", "1"))
        .isEqualTo("|");
    assertThatThrownBy(() -> render("{{ range .Messages }}{{ .Nope }}{{ end }}", "user", "1"))
        .isInstanceOf(GoTemplateException.class)
        .hasMessageContaining("can't evaluate field Nope");
  }

  @Test
  void the_date_is_the_clock_s() {
    assertThat(render("{{ currentDate }}{{ range .Messages }}{{ end }}", "user", "1"))
        .isEqualTo("2024-07-26");
  }

  @Test
  void tools_and_calls_print_json_as_go_writes_it() {
    Map<String, Object> tool =
        Map.of(
            "type",
            "function",
            "function",
            Map.of("description", "a < b", "name", "f", "parameters", Map.of("type", "object")));
    Map<String, Object> call =
        Map.of(
            "role",
            "assistant",
            "tool_calls",
            List.of(
                Map.of("function", Map.of("name", "f", "arguments", "{\"x\": 1, \"a\": \"é\"}"))));
    OllamaTemplate template =
        OllamaTemplate.of(
            "{{ range .Tools }}{{ . }}{{ json .Function }}{{ end }}{{ .Tools }}{{ range .Messages }}"
                + "{{ range .ToolCalls }}{{ .Function.Name }}{{ .Function.Arguments }}{{ end }}{{ end }}",
            DAY);
    String function =
        "{\"name\":\"f\",\"description\":\"a \\u003c b\",\"parameters\":{\"type\":\"object\"}}";
    String whole = "{\"type\":\"function\",\"function\":" + function + "}";
    assertThat(template.render(List.of(call), List.of(tool)))
        .isEqualTo(whole + function + "[" + whole + "]f{\"x\":1,\"a\":\"é\"}");
    assertThat(template.variables()).contains("tools", "toolcalls", "messages");
  }
}
