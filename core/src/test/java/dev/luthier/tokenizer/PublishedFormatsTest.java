package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.Assets;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Built-in templates against what was published under their names. */
@Tag("interop")
class PublishedFormatsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LLAMA3_DATE =
      "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";
  private static final Map<String, String> SPECIAL =
      Map.of("bos_token", "<s>", "eos_token", "</s>");

  /** What Jinja2 printed from the published templates; their tools cases are their own. */
  @ParameterizedTest
  @CsvSource({
    "llama2, tok-llmfoundry-hf/llama/tokenizer_config.json#chat_template",
    "mistral, chat-templates-mistral-common/v1.jinja",
    "zephyr, tok-tinyllama-hf/tokenizer_config.json#chat_template",
    "phi3, chat-templates-llamacpp/microsoft-Phi-3.5-mini-instruct.jinja",
    "gemma, chat-templates-llamacpp/google-gemma-2-2b-it.jinja",
    "chatml, chat-templates-llamacpp/Qwen-Qwen2.5-7B-Instruct.jinja",
    "llama3, chat-templates-llamacpp/meta-llama-Llama-3.2-3B-Instruct.jinja"
  })
  void the_bytes_are_those_that_jinja2_recorded(String name, String published) {
    JsonNode oracle = Assets.json("oracle-jinja2/rendered.json");
    int equal = 0;
    for (JsonNode row : oracle.get("results")) {
      String conversation = row.get("case").asText();
      // these two put a system turn of their own where there is none
      boolean own = List.of("chatml", "llama3").contains(name) && !conversation.startsWith("sys");
      if (!row.get("template").asText().equals(published)
          || conversation.equals("tools")
          || own
          || !row.has("output")) {
        continue;
      }
      List<Map<String, Object>> messages = messages(oracle.get("cases").get(conversation));
      assertThat(render(name, messages, row.get("add_generation_prompt").asBoolean()))
          .isEqualTo(row.get("output").asText().replace(LLAMA3_DATE, ""));
      equal++;
    }
    assertThat(equal).isEqualTo(List.of("gemma", "chatml", "llama3").contains(name) ? 4 : 8);
  }

  @Test
  void a_thousand_answers_are_written_as_published() throws IOException {
    Map<String, String> published =
        Map.of(
            "mistral", "chat-templates-mistral-common/v1.jinja",
            "phi3", "chat-templates-llamacpp/microsoft-Phi-3.5-mini-instruct.jinja",
            "gemma", "chat-templates-llamacpp/google-gemma-2-2b-it.jinja");
    JsonNode rows = Assets.json("data-alpaca/alpaca_data_cleaned_1000.json");
    assertThat(rows.size()).isEqualTo(1000);
    for (Map.Entry<String, String> format : published.entrySet()) {
      ChatTemplate theirs = ChatTemplate.of(Files.readString(Assets.path(format.getValue())));
      for (JsonNode row : rows) {
        List<Map<String, Object>> messages =
            List.of(
                Map.of("role", "user", "content", row.get("instruction").asText()),
                Map.of("role", "assistant", "content", row.get("output").asText() + " "));
        TemplateInput input = TemplateInput.of(messages).withSpecialTokens(SPECIAL);
        assertThat(render(format.getKey(), messages, false)).isEqualTo(theirs.render(input).text());
      }
    }
  }

  private static String render(String name, List<Map<String, Object>> messages, boolean prompt) {
    return ChatTemplate.of(ChatTemplates.source(name).orElseThrow())
        .render(TemplateInput.of(messages).withSpecialTokens(SPECIAL).withGenerationPrompt(prompt))
        .text();
  }

  private static List<Map<String, Object>> messages(JsonNode conversation) {
    List<Map<String, Object>> messages = new ArrayList<>();
    conversation.forEach(
        message -> messages.add(JSON.convertValue(message, new TypeReference<>() {})));
    return messages;
  }
}
