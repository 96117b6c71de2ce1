package dev.luthier.tokenizer.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Our own templates, each made for one rule of Jinja2 or Python, against what Jinja2 printed. */
class GoldenTest {
  @Test
  void every_template_prints_what_jinja2_printed_or_fails_where_it_failed() throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode golden;
    try (InputStream in = GoldenTest.class.getResourceAsStream("golden.json")) {
      golden = json.readTree(Objects.requireNonNull(in));
    }
    Map<String, Object> variables =
        json.convertValue(golden.get("variables"), new TypeReference<Map<String, Object>>() {});
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    for (JsonNode c : golden.get("cases")) {
      String source = c.get("template").asText();
      String expected = c.has("output") ? c.get("output").asText() : "a failure";
      String actual;
      try {
        actual = Rendering.render(source, variables);
      } catch (TemplateException e) {
        actual = c.has("output") ? String.valueOf(e.getMessage()) : "a failure";
      }
      if (!actual.equals(expected)) {
        wrong.add(source + "\n  expected " + expected + "\n  found " + actual);
      }
      cases++;
    }
    assertThat(wrong).isEmpty();
    assertThat(cases).isGreaterThan(1_500);
  }
}
