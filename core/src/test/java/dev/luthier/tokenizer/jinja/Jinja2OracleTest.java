package dev.luthier.tokenizer.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.tokenizer.ChatTemplate;
import dev.luthier.tokenizer.TemplateInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against what Jinja2 3.1 and transformers rendered from published templates. */
@Tag("interop")
class Jinja2OracleTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2024-07-26T12:00:00Z"), ZoneOffset.UTC);

  private static Path assets() {
    String folder = System.getProperty("luthier.assets", "");
    assertThat(folder).as("system property luthier.assets").isNotEmpty();
    return Path.of(folder);
  }

  private static String source(String name) throws IOException {
    int hash = name.indexOf('#');
    if (hash < 0) {
      return Files.readString(assets().resolve(name));
    }
    JsonNode config = JSON.readTree(assets().resolve(name.substring(0, hash)).toFile());
    return config.get(name.substring(hash + 1)).asText();
  }

  /** The oracle names one file that its folder does not hold: its rows are counted apart. */
  private static boolean isThere(String name) {
    int hash = name.indexOf('#');
    return Files.exists(assets().resolve(hash < 0 ? name : name.substring(0, hash)));
  }

  private static final String ABSENT =
      "tok-llmfoundry-hf/llama/tokenizer_config.json#chat_template";

  private static List<Map<String, Object>> list(JsonNode node) {
    List<Map<String, Object>> result = new ArrayList<>();
    node.forEach(n -> result.add(JSON.convertValue(n, new MapType())));
    return result;
  }

  private static final class MapType
      extends com.fasterxml.jackson.core.type.TypeReference<Map<String, Object>> {}

  @Test
  void every_output_of_jinja2_is_equal_and_every_failure_fails() throws IOException {
    JsonNode oracle = JSON.readTree(assets().resolve("oracle-jinja2/rendered.json").toFile());
    Map<String, Template> templates = new HashMap<>();
    int equal = 0;
    int raised = 0;
    int absent = 0;
    List<String> wrong = new ArrayList<>();
    for (JsonNode row : oracle.get("results")) {
      String name = row.get("template").asText();
      if (!isThere(name)) {
        assertThat(name).isEqualTo(ABSENT);
        absent++;
        continue;
      }
      if (!templates.containsKey(name)) {
        templates.put(name, Template.compile(source(name)));
      }
      Map<String, Object> variables = new HashMap<>();
      variables.put("messages", list(oracle.get("cases").get(row.get("case").asText())));
      variables.put("add_generation_prompt", row.get("add_generation_prompt").asBoolean());
      variables.put("bos_token", oracle.get("bos_token").asText());
      variables.put("eos_token", oracle.get("eos_token").asText());
      if (row.get("case").asText().equals("tools")) {
        variables.put("tools", list(oracle.get("tools")));
      }
      String what = name + " " + row.get("case") + " " + row.get("add_generation_prompt");
      try {
        String text = Objects.requireNonNull(templates.get(name)).render(variables, CLOCK).text();
        if (row.has("output") && text.equals(row.get("output").asText())) {
          equal++;
        } else {
          wrong.add(what + ": " + text);
        }
      } catch (TemplateException e) {
        if (row.has("output")) {
          wrong.add(what + ": " + e.getMessage());
        } else {
          assertReason(e, row.get("error").asText());
          raised++;
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(equal + absent).isEqualTo(730);
    assertThat(raised).isEqualTo(30);
  }

  /** Ours says the same and more; addresses and Python's own wording of types aside. */
  private static void assertReason(TemplateException e, String python) {
    String reason = python.substring(python.indexOf(": ") + 2);
    assertThat(String.valueOf(e.getMessage()).replace(".", "")).contains(reason.replace(".", ""));
  }

  @Test
  void every_rendering_of_transformers_is_equal_with_its_assistant_spans() throws IOException {
    JsonNode oracle =
        JSON.readTree(assets().resolve("oracle-transformers/chat_templates/cases.json").toFile());
    int equal = 0;
    int raised = 0;
    int spans = 0;
    int absent = 0;
    for (JsonNode row : oracle.get("rendered")) {
      String name = row.get("template").asText();
      if (name.equals(ABSENT) && !isThere(name)) {
        absent++;
        continue;
      }
      JsonNode inline = oracle.get("inline_templates").get(name);
      Template template = Template.compile(inline == null ? source(name) : inline.asText());
      Map<String, Object> variables = new HashMap<>();
      oracle
          .get("special_tokens")
          .fields()
          .forEachRemaining(t -> variables.put(t.getKey(), t.getValue().asText()));
      JsonNode conversation = oracle.get("conversations").get(row.get("conversation").asText());
      variables.put("messages", list(conversation));
      variables.put("add_generation_prompt", row.get("add_generation_prompt").asBoolean());
      variables.put("documents", null);
      variables.put(
          "tools",
          row.get("tools").asBoolean()
              ? List.of(JSON.convertValue(oracle.get("tool"), new MapType()))
              : null);
      try {
        Rendered rendered = template.render(variables, CLOCK);
        assertThat(row.has("error")).as(row.toString()).isFalse();
        assertThat(rendered.text()).as(name).isEqualTo(row.get("text").asText());
        equal++;
        if (row.has("assistant_char_spans")) {
          List<Rendered.Span> expected = new ArrayList<>();
          row.get("assistant_char_spans")
              .forEach(s -> expected.add(new Rendered.Span(s.get(0).asInt(), s.get(1).asInt())));
          assertThat(rendered.generationSpans()).isEqualTo(expected);
          spans++;
        }
      } catch (TemplateException e) {
        if (!row.has("error")) {
          fail(name + ": " + e.getMessage(), e);
        }
        assertReason(e, row.get("error").asText());
        raised++;
      }
    }
    assertThat(equal + raised + absent).isEqualTo(1078);
    assertThat(raised).isGreaterThanOrEqualTo(108);
    assertThat(spans).isEqualTo(14);
  }

  @Test
  void the_public_api_renders_what_plain_jinja2_renders_without_tools() throws IOException {
    JsonNode oracle = JSON.readTree(assets().resolve("oracle-jinja2/rendered.json").toFile());
    int equal = 0;
    for (JsonNode row : oracle.get("results")) {
      if (!row.has("output") || !isThere(row.get("template").asText())) {
        continue;
      }
      TemplateInput input =
          TemplateInput.of(list(oracle.get("cases").get(row.get("case").asText())))
              .withGenerationPrompt(row.get("add_generation_prompt").asBoolean())
              .withSpecialTokens(
                  Map.of(
                      "bos_token", oracle.get("bos_token").asText(),
                      "eos_token", oracle.get("eos_token").asText()))
              .withClock(CLOCK);
      if (row.get("case").asText().equals("tools")) {
        input = input.withTools(list(oracle.get("tools")));
      }
      String text = ChatTemplate.of(source(row.get("template").asText())).render(input).text();
      assertThat(text).as(row.toString()).isEqualTo(row.get("output").asText());
      equal++;
    }
    assertThat(equal).isBetween(720, 730);
  }

  @Test
  void every_published_template_can_be_read() throws IOException {
    int read = 0;
    try (Stream<Path> folders = Files.list(assets())) {
      for (Path folder :
          folders.filter(f -> f.getFileName().toString().startsWith("chat-templates-")).toList()) {
        try (Stream<Path> files = Files.walk(folder)) {
          for (Path file : files.filter(f -> f.toString().endsWith(".jinja")).toList()) {
            Template.compile(Files.readString(file));
            read++;
          }
        }
      }
    }
    assertThat(read).isGreaterThan(60);
  }
}
