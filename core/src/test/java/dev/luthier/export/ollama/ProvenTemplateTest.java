package dev.luthier.export.ollama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.export.gotemplate.OllamaTemplate;
import dev.luthier.tokenizer.ChatTemplates;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TEMPLATEs learned from chat templates of ours. */
class ProvenTemplateTest {
  private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");

  private static ProvenTemplate proven(String jinja) {
    return ProvenTemplate.of(jinja, TOKENS, "");
  }

  private static String render(ProvenTemplate template, Clock clock, String... roles) {
    return OllamaTemplate.of(template.source(), clock)
        .render(
            java.util.Arrays.stream(roles)
                .map(role -> Map.of("role", role, "content", role.substring(0, 1)))
                .toList(),
            List.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chatml", "llama2", "llama3", "mistral", "zephyr", "phi3", "gemma", "alpaca", "vicuna"
      })
  void built_in_templates_are_proven(String name) {
    String jinja = ChatTemplates.source(name).orElseThrow();
    for (String bos : List.of("", "<s>")) {
      assertThat(ProvenTemplate.of(jinja, TOKENS, bos).conversations()).isGreaterThanOrEqualTo(36);
    }
  }

  @Test
  void a_learned_template_reads_as_one_would_write_it() {
    assertThat(proven(ChatTemplates.source("chatml").orElseThrow()).source())
        .isEqualTo(
            "{{ $before := \"\" }}{{ range $i, $_ := .Messages }}"
                + "{{ $last := eq (len (slice $.Messages $i)) 1 }}{{ if eq .Role \"system\" }}"
                + "<|im_start|>system\n{{ .Content }}<|im_end|>\n{{ $before = .Role }}"
                + "{{ else }}{{ if eq .Role \"user\" }}"
                + "<|im_start|>user\n{{ .Content }}<|im_end|>\n"
                + "{{ else if eq .Role \"assistant\" }}"
                + "<|im_start|>assistant\n{{ .Content }}{{ if not $last }}<|im_end|>\n{{ end }}"
                + "{{ end }}{{ $before = .Role }}{{ end }}"
                + "{{ if and $last (ne .Role \"assistant\") }}<|im_start|>assistant\n{{ end }}"
                + "{{ end }}");
  }

  @Test
  void a_bos_that_the_server_adds_is_left_out_and_one_that_it_does_not_stays() {
    String jinja = "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}";
    assertThat(render(ProvenTemplate.of(jinja, TOKENS, ""), Clock.systemUTC(), "user"))
        .isEqualTo("<s>[u]");
    ProvenTemplate without = ProvenTemplate.of(jinja, TOKENS, "<s>");
    assertThat(render(without, Clock.systemUTC(), "user")).isEqualTo("[u]");
    assertThat(ProvenTemplate.of(jinja.substring(15), TOKENS, "<s>").unlike())
        .anyMatch(note -> note.contains("puts <s> before every prompt"));
  }

  @Test
  void the_system_prompt_may_stand_in_the_last_user_s_turn() {
    String jinja =
        "{% if messages[0].role == 'system' %}{% set s = messages[0].content %}"
            + "{% set messages = messages[1:] %}{% endif %}{% for m in messages %}"
            + "{% if m.role == 'user' %}[INST] {% if loop.last and s %}{{ s }}\n\n{% endif %}"
            + "{{ m.content }} [/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}";
    assertThat(render(proven(jinja), Clock.systemUTC(), "system", "user", "assistant", "user"))
        .isEqualTo("[INST] u [/INST] a</s>[INST] s\n\nu [/INST]");
  }

  @Test
  void contents_are_trimmed_where_the_template_trims_them() {
    String jinja =
        "{% for m in messages %}<{{ m.content | trim }}>{% endfor %}"
            + "{% if add_generation_prompt %}>{% endif %}";
    OllamaTemplate template = OllamaTemplate.of(proven(jinja).source(), Clock.systemUTC());
    assertThat(
            template.render(
                List.of(Map.of("role", "user", "content", " \t\n é x\u000b \r\n")), List.of()))
        .isEqualTo("<é x>>");
    assertThat(proven(jinja).unlike()).anyMatch(n -> n.contains("white space beyond ASCII"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"%d %b %Y", "%Y-%m-%d", "%B %d, %Y"})
  void a_date_is_read_from_the_server_s_clock(String format) {
    String jinja =
        "Today is {{ strftime_now('"
            + format
            + "') }}.{% for m in messages %}|{{ m.role }}:"
            + "{{ m.content }}{% endfor %}|";
    Clock clock = Clock.fixed(Instant.parse("2027-03-09T12:00:00Z"), ZoneOffset.UTC);
    String date =
        Map.of("%d %b %Y", "09 Mar 2027", "%Y-%m-%d", "2027-03-09", "%B %d, %Y", "March 09, 2027")
            .get(format);
    assertThat(render(proven(jinja), clock, "user")).isEqualTo("Today is " + date + ".|user:u|");
  }

  @Test
  void what_a_modelfile_or_go_would_read_otherwise_is_escaped() {
    String odd = "{{ a }} \"\"\" \u00a0\u200b {% \\n <\u2581>";
    String jinja =
        "{% for m in messages %}{{ sep }}{{ m.role }}{{ m.content }}{% endfor %}"
            .replace("{{ sep }}", "{{ '" + odd.replace("\\", "\\\\") + "' }}");
    ProvenTemplate template = proven(jinja);
    assertThat(render(template, Clock.systemUTC(), "user")).isEqualTo(odd + "useru");
    assertThat(template.source()).doesNotContain("\u00a0", "\u200b", "\"\"\" ", "{{ a");
  }

  @Test
  void a_template_whose_form_depends_on_contents_is_refused_with_both_texts() {
    String jinja =
        "{% for m in messages %}{{ m.role }}{{ m.content }}"
            + "{% if 'Hello' in m.content %}!{% endif %}{% endfor %}";
    assertThatThrownBy(() -> proven(jinja))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("Jinja: \"userHello!")
        .hasMessageContaining("Go:    \"userHello\"")
        .hasMessageContaining("docs/troubleshooting.md#ollama-template");
    assertThatThrownBy(() -> proven("{{ raise_exception('no') }}"))
        .hasMessageContaining("refuses a user, an assistant and a user")
        .hasMessageContaining("no");
  }

  @Test
  void what_lies_outside_of_the_proof_is_named() {
    String jinja =
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
            + "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
            + "{{ raise_exception('alternate') }}{% endif %}"
            + "{{ m.role }}:{{ m.content.split('</think>')[-1] }}\n{% endfor %}"
            + "{% if tools %}{{ tools | tojson }}{% endif %}";
    List<String> unlike = proven(jinja).unlike();
    assertThat(unlike)
        .anyMatch(n -> n.contains("refuses system messages"))
        .anyMatch(n -> n.contains("two messages of one role in a row"))
        .anyMatch(n -> n.contains("begins with an answer: the model's template refuses it"))
        .anyMatch(n -> n.contains("reasoning in an earlier answer"))
        .anyMatch(n -> n.contains("tools:"));
  }
}
