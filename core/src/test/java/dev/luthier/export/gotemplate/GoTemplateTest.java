package dev.luthier.export.gotemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What Go itself printed for the same templates and data stands in {@code rendered.json}. */
class GoTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode resource(String name) throws IOException {
    try (InputStream in = GoTemplateTest.class.getResourceAsStream(name)) {
      return JSON.readTree(Objects.requireNonNull(in));
    }
  }

  @Test
  void every_template_prints_what_go_prints_or_fails_where_go_fails() throws IOException {
    Object data = JSON.convertValue(resource("cases.json").path("data"), Object.class);
    List<String> wrong = new ArrayList<>();
    for (JsonNode result : resource("rendered.json")) {
      String template = result.path("template").asText();
      String expected = result.path("error").asBoolean() ? "error" : result.path("output").asText();
      String found;
      try {
        found = GoTemplate.of(template).render(data);
      } catch (GoTemplateException e) {
        found = "error";
      }
      if (!found.equals(expected)) {
        wrong.add(template + "\n  Go:   " + expected + "\n  ours: " + found);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void what_newer_versions_of_go_have_works_too() {
    assertThat(GoTemplate.of("{{ range 3 }}{{ . }}{{ end }}").render(null)).isEqualTo("012");
    assertThat(
            GoTemplate.of("{{ with .a }}a{{ else with .b }}{{ . }}{{ end }}")
                .render(Map.of("b", "x")))
        .isEqualTo("x");
  }

  @Test
  void work_depth_and_output_are_bounded() {
    assertThatThrownBy(
            () ->
                GoTemplate.of("{{ define \"x\" }}{{ template \"x\" }}{{ end }}{{ template \"x\" }}")
                    .render(null))
        .isInstanceOf(GoTemplateException.class)
        .hasMessageContaining("deep");
    assertThatThrownBy(
            () ->
                GoTemplate.of("{{ range 100000 }}{{ range 100000 }}{{ print 1 }}{{ end }}{{ end }}")
                    .render(null))
        .isInstanceOf(GoTemplateException.class)
        .hasMessageContaining("steps");
  }

  @Test
  void errors_name_the_line() {
    assertThatThrownBy(() -> GoTemplate.of("a\nb\n{{ nope }}"))
        .hasMessage("Go template, line 3: function \"nope\" not defined");
  }
}
