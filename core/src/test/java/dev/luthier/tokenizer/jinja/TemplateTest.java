package dev.luthier.tokenizer.jinja;

import static dev.luthier.tokenizer.jinja.Rendering.CLOCK;
import static dev.luthier.tokenizer.jinja.Rendering.render;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TemplateTest {
  private static final Map<String, Object> TOOL =
      Map.of("tools", List.of(Map.of("name", "get", "n", 2)));

  @Test
  void blocks_take_the_newline_after_them_and_the_indentation_before_them() {
    assertThat(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n")).isEqualTo("a\n  b\nc");
  }

  @Test
  void a_plus_sign_keeps_white_space_and_a_minus_sign_takes_all_of_it() {
    assertThat(render("a\n  {%+ if true +%}\nb{% endif %}")).isEqualTo("a\n  \nb");
    assertThat(render("a \n {%- if true -%} \n b{% endif %} {{- 1 -}} c")).isEqualTo("ab1c");
  }

  @Test
  void values_print_as_python_prints_them() {
    assertThat(render("{{ true }} {{ none }} {{ 1.0 }} {{ 1e16 }} {{ [1, 'a\"', (2,)] }}"))
        .isEqualTo("True None 1.0 1e+16 [1, 'a\"', (2,)]");
  }

  @Test
  void strings_are_counted_and_cut_in_code_points() {
    assertThat(render("{{ s|length }} {{ s[1] }} {{ s[::-1] }}", Map.of("s", "a\ud83d\ude00b")))
        .isEqualTo("3 \ud83d\ude00 b\ud83d\ude00a");
  }

  @Test
  void assignments_in_a_loop_stay_there_except_in_a_namespace() {
    assertThat(
            render(
                "{% set x = 0 %}{% set ns = namespace(x=0) %}{% for i in [1, 2] %}"
                    + "{% set x = i %}{% set ns.x = i %}{% endfor %}{{ x }}{{ ns.x }}"))
        .isEqualTo("02");
  }

  @Test
  void json_is_spaced_as_pythons_and_not_escaped_for_html() {
    assertThat(render("{{ tools|tojson }}", Map.of("tools", List.of("<é>", 1.0))))
        .isEqualTo("[\"<é>\", 1.0]");
    assertThat(render("{{ {'a': [1], 'b': {}}|tojson(indent=2) }}"))
        .isEqualTo("{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
  }

  @Test
  void a_missing_attribute_is_undefined_and_its_attribute_is_an_error_that_names_line_and_name() {
    assertThat(render("{{ tools[0].zip is defined }}{{ tools[0].zip }}", TOOL)).isEqualTo("False");
    assertThatThrownBy(() -> render("a\n{% if true %}\n\n{{ tools[0].zip.x }}{% endif %}", TOOL))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("line 4: 'dict object' has no attribute 'zip'")
        .satisfies(e -> assertThat(((TemplateException) e).line()).isEqualTo(4));
  }

  @Test
  void a_template_that_cannot_be_read_names_the_line_and_what_was_expected() {
    assertThatThrownBy(() -> Template.compile("a\n{% if x %}\nb"))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("line 3")
        .hasMessageContaining("endif");
    assertThatThrownBy(() -> Template.compile("a\n\n{{ x|sorted }}"))
        .hasMessageContaining("line 3: No filter named 'sorted'");
    assertThatThrownBy(() -> Template.compile("{{ 'abc }}"))
        .hasMessageContaining("string that does not end");
  }

  @Test
  void the_sandbox_hides_methods_that_change_lists_and_dicts_and_all_internals() {
    for (String expression :
        List.of("[1].append(2)", "{}.update({})", "{1: 2}.pop(1)", "''.__class__.__mro__")) {
      assertThatThrownBy(() -> render("{{ " + expression + " }}"))
          .isInstanceOf(TemplateException.class)
          .hasMessageContaining("unsafe");
    }
    for (String expression : List.of("getClass()", "class", "hashCode()", "value")) {
      assertThatThrownBy(() -> render("{{ ''." + expression + ".x }}"))
          .isInstanceOf(TemplateException.class);
    }
  }

  @Test
  void marked_text_escapes_what_is_added_to_it_as_jinja2_does() {
    assertThat(render("{{ '<a>'|safe + '<b>' }} {{ '<a>'|safe ~ '<b>' }}"))
        .isEqualTo("<a>&lt;b&gt; <a><b>");
  }

  @Test
  void generation_blocks_inside_macros_and_captured_text_are_found_where_they_end_up() {
    Rendered rendered =
        Template.compile(
                "{% macro turn(m) %}<{% generation %}{{ m }}{% endgeneration %}>{% endmacro %}"
                    + "ab{{ turn('cd') }}{% set x %}e{{ turn('fg') }}{% endset %}{{ '-' + x }}")
            .render(Map.of(), CLOCK);
    assertThat(rendered.text()).isEqualTo("ab<cd>-e<fg>");
    assertThat(rendered.generationSpans())
        .containsExactly(new Rendered.Span(3, 5), new Rendered.Span(9, 11));
  }

  @Test
  void generation_ranges_count_utf_16_units() {
    Rendered rendered =
        Template.compile("\ud83d\ude00{% generation %}a\ud83d\ude00{% endgeneration %}")
            .render(Map.of(), CLOCK);
    assertThat(rendered.generationSpans()).containsExactly(new Rendered.Span(2, 5));
  }

  @Test
  void rendering_changes_neither_the_template_nor_the_callers_values() throws Exception {
    Template template =
        Template.compile(
            "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + m.n %}"
                + "{% endfor %}{{ ns.n }}");
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<String>> results = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Map<String, Object> variables = Map.of("messages", List.of(Map.of("n", i), Map.of("n", 1)));
        results.add(pool.submit(() -> template.render(variables, CLOCK).text()));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(results.get(i).get()).isEqualTo(String.valueOf(i + 1));
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void values_that_are_not_json_are_a_programming_error() {
    assertThatThrownBy(() -> render("{{ x }}", Map.of("x", new Object())))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
