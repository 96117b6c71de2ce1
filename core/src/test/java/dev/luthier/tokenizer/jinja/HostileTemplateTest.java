package dev.luthier.tokenizer.jinja;

import static dev.luthier.tokenizer.jinja.Rendering.CLOCK;
import static dev.luthier.tokenizer.jinja.Rendering.SMALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates from anywhere: each is rendered or refused, with bounded work. */
class HostileTemplateTest {
  private static final List<String> PIECES =
      List.of(
          "{{",
          "}}",
          "{%",
          "%}",
          "{#",
          "#}",
          "{%-",
          "-%}",
          "{%+",
          "+%}",
          " ",
          "\n",
          "if",
          "elif",
          "else",
          "endif",
          "for",
          "in",
          "endfor",
          "set",
          "endset",
          "macro",
          "endmacro",
          "call",
          "endcall",
          "filter",
          "endfilter",
          "raw",
          "endraw",
          "with",
          "endwith",
          "generation",
          "endgeneration",
          "break",
          "continue",
          "recursive",
          "x",
          "l",
          "loop",
          "loop.index",
          "namespace",
          "range(9)",
          "(",
          ")",
          "[",
          "]",
          "{",
          "}",
          ",",
          ":",
          ".",
          "|",
          "~",
          "+",
          "-",
          "*",
          "**",
          "/",
          "//",
          "%",
          "==",
          "<",
          "=",
          "is",
          "not",
          "and",
          "or",
          "none",
          "true",
          "1",
          "2.5",
          "'a'",
          "\"",
          "'",
          "\\",
          "upper",
          "tojson",
          "length",
          "join",
          "defined",
          "caller()",
          "x()",
          "{% if x %}",
          "{% endif %}",
          "{% for x in l %}",
          "{% endfor %}",
          "{{ x }}",
          "{% set x = l %}",
          "{% macro x(l) %}",
          "{% endmacro %}",
          "\ud83d\ude00",
          "\ud83d",
          "\0");

  @Provide
  Arbitrary<String> soups() {
    return Arbitraries.of(PIECES).list().ofMaxSize(40).map(p -> String.join("", p));
  }

  @Provide
  Arbitrary<String> spacedSoups() {
    return Arbitraries.of(PIECES)
        .list()
        .ofMaxSize(12)
        .map(p -> "{{ " + String.join(" ", p) + " }}");
  }

  private static boolean endsWell(String source) {
    try {
      Template.compile(source, SMALL).render(Map.of("x", 7, "l", List.of(1, "b")), CLOCK);
      return true;
    } catch (TemplateException e) {
      return String.valueOf(e.getMessage()).startsWith("Chat template");
    }
  }

  @Property(tries = 3_000)
  boolean any_soup_of_pieces_is_rendered_or_refused(@ForAll("soups") String source) {
    return endsWell(source);
  }

  @Property(tries = 3_000)
  boolean any_soup_in_an_expression_is_rendered_or_refused(@ForAll("spacedSoups") String source) {
    return endsWell(source);
  }

  @Property(tries = 1_000)
  boolean any_text_is_rendered_or_refused(@ForAll String source) {
    return endsWell(source) && endsWell("{{ " + source) && endsWell("{% " + source);
  }

  @Property(tries = 500)
  void text_without_tags_is_itself_but_for_line_ends(@ForAll String source) {
    String plain = source.replace("{", "").replace("\r", "").replace("\n", "");
    assertThat(Rendering.render(plain)).isEqualTo(plain);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        "[",
        "{1:",
        "-",
        "not ",
        "a[",
        "a(",
        "[(",
        "1 if ",
        "1 if 1 else ",
        "a|f(",
        "'a'~("
      })
  void a_hundred_thousand_nested_beginnings_are_refused(String piece) {
    assertThatThrownBy(() -> Template.compile("{{ " + piece.repeat(100_000) + "1"))
        .isInstanceOf(TemplateException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"()", "[0]", ".a", "|trim", "+1", " and 1", "**1", " is a", " if 1"})
  void a_hundred_thousand_operators_in_a_row_are_refused(String piece) {
    assertThatThrownBy(() -> Template.compile("{{ a" + piece.repeat(100_000) + " }}"))
        .isInstanceOf(TemplateException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% if 1 %}",
        "{% for a in [1] %}",
        "{% macro a() %}",
        "{% set a %}",
        "{% raw %}",
        "{# ",
        "{% filter trim %}",
        "{% with %}",
        "{% generation %}",
        "{% if 1 %}{% else %}",
        "{{ {% "
      })
  void a_hundred_thousand_open_blocks_are_refused(String piece) {
    assertThatThrownBy(() -> Template.compile(piece.repeat(80_000)))
        .isInstanceOf(TemplateException.class);
  }

  @Test
  void nesting_of_all_kinds_together_is_refused_and_not_a_stack_overflow() {
    String sums = "(".repeat(190) + "1" + ("+1".repeat(240) + ")").repeat(190);
    String blocks = "{% if 1 %}".repeat(90) + "{{ f() }}" + "{% endif %}".repeat(90);
    for (String source :
        List.of("{{ " + sums + " }}", "{% macro f() %}" + blocks + "{% endmacro %}{{ f() }}")) {
      assertThatThrownBy(() -> Template.compile(source).render(Map.of(), CLOCK))
          .isInstanceOf(TemplateException.class)
          .hasMessageContaining("nested");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(99) }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set q = 'a' * 900000 %}{% for i in range(99999) %}{{ q == 'a' * 900000 }}{% endfor %}",
        "{% set q = 'a' * 900000 %}{% for i in range(99999) %}{{ 'aaab' * 99 in q }}{% endfor %}",
        "{% set q = '9' * 4000 %}{% for i in range(99999) %}{{ q|int }}{% endfor %}",
        "{% set q = 9 ** 4000 %}{% for i in range(99999) %}{{ q }}{% endfor %}",
        "{{ range(100001) }}",
        "{% set n = namespace() %}{% set n.a = n %}{{ n }}",
      })
  void endless_work_is_refused(String source) {
    refused(source);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n.x + n.x",
        "n.x ~ n.x",
        "[n.x, n.x]|string",
        "n.x|replace('a', n.x)",
        "n.x|join(n.x)",
        "(n.x + 'a')|indent(1000, true)",
        "n.x * 2",
        "'%s%s' % (n.x, n.x)",
        "n.x|tojson + n.x",
        "'{0}{0}'.format(n.x)",
        "n.x.replace('', 'aa')",
        "n.x.center(2 * n.x|length + 1)",
        "n.x|urlencode + n.x",
        "n.x|e + n.x",
        "n.x.join([n.x, n.x])"
      })
  void strings_that_double_are_refused(String next) {
    refused(
        "{% set n = namespace(x='aa') %}{% for i in range(9999) %}{% set n.x = "
            + next
            + " %}{% endfor %}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[n.x]",
        "(n.x,)",
        "{'a': n.x}",
        "n.x|map('list')",
        "n.x|select",
        "joiner(n.x)",
        "namespace(a=n.x)",
        "cycler(n.x)",
        "[1, 2, 3] + n.x|list",
        "n.x|batch(2)"
      })
  void values_that_hold_one_another_are_refused_before_memory_ends(String next) {
    refused(
        "{% set n = namespace(x=[1]) %}{% for i in range(99999) %}{% for j in range(99999) %}"
            + "{% set n.x = "
            + next
            + " %}{% endfor %}{% endfor %}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'a' * 10 ** 12",
        "[1] * 10 ** 9",
        "9 ** 9999999",
        "10 ** (10 ** 10)",
        "2.5 ** 9999999",
        "'a'.center(10 ** 10)",
        "'a'.ljust(10 ** 10)",
        "'a'.zfill(10 ** 10)",
        "'a\tb'.expandtabs(10 ** 10)",
        "'a\nb'|indent(10 ** 10)",
        "'%1000000000d' % 1",
        "'%.1000000000f' % 1",
        "'%*d' % (10 ** 10, 1)",
        "'{:>999999999}'.format(1)",
        "'{:.999999999f}'.format(1.0)",
        "[[1]]|tojson(indent=10 ** 9)",
        "[1]|batch(10 ** 9, 0)|list",
        "[1]|slice(10 ** 9)|list",
        "'a'|center(10 ** 10)",
        "range(10 ** 18)",
        "range(0 - 10 ** 18, 10 ** 18)"
      })
  void giant_results_are_refused_before_they_are_made(String expression) {
    refused("{{ " + expression + " }}");
  }

  private static void refused(String source) {
    assertThatThrownBy(() -> Template.compile(source, SMALL).render(Map.of(), CLOCK))
        .isInstanceOf(TemplateException.class);
  }
}
