package dev.luthier.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplatesTest {
  private static final Map<String, String> SPECIAL =
      Map.of("bos_token", "<s>", "eos_token", "</s>");

  private static final String ALPACA =
      "Below is an instruction that describes a task. Write a response that appropriately completes"
          + " the request.";

  private static final String VICUNA =
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives"
          + " helpful, detailed, and polite answers to the user's questions.";

  /** Line ends are written as ~. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "chatml;<|im_start|>user~a<|im_end|>~<|im_start|>assistant~b<|im_end|>~"
            + "<|im_start|>user~c<|im_end|>~;<|im_start|>assistant~",
        "llama2;<s>[INST] a [/INST] b </s><s>[INST] c [/INST];",
        "llama3;<s><|start_header_id|>user<|end_header_id|>~~a<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>~~b<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>~~c<|eot_id|>"
            + ";<|start_header_id|>assistant<|end_header_id|>~~",
        "mistral;<s>[INST] a [/INST]b</s>[INST] c [/INST];",
        "zephyr;<|user|>~a</s>~<|assistant|>~b</s>~<|user|>~c</s>~;<|assistant|>~",
        "gemma;<s><start_of_turn>user~a<end_of_turn>~<start_of_turn>model~b<end_of_turn>~"
            + "<start_of_turn>user~c<end_of_turn>~;<start_of_turn>model~",
        "alpaca;<s>"
            + ALPACA
            + "~~### Instruction:~a~~### Response:~b</s>~~### Instruction:~c;~~### Response:~",
        "vicuna;<s>" + VICUNA + " USER: a ASSISTANT: b</s>USER: c; ASSISTANT:",
        "instruction;<s>### Instruction:~a~~### Response:~b</s>~~### Instruction:~c"
            + ";~~### Response:~",
      })
  void built_in_templates_print_their_formats(String name, String text, String prompt) {
    String open = text + (prompt == null ? "" : prompt);
    assertThat(render(name, false, "user", "a", "assistant", "b", "user", "c"))
        .isEqualTo(text.replace('~', '\n'));
    assertThat(render(name, true, "user", "a", "assistant", "b", "user", "c"))
        .isEqualTo(open.replace('~', '\n'));
  }

  @Test
  void phi3_closes_the_conversation_with_the_end_of_text_token() {
    String text = "<|user|>\na<|end|>\n<|assistant|>\n";
    assertThat(render("phi3", false, "user", "a", "assistant", "b"))
        .isEqualTo(text + "b<|end|>\n</s>");
    assertThat(render("phi3", true, "user", "a")).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "chatml,'<|im_start|>system\nBe b.<|im_end|>\n<|im_start|>user\na<|im_end|>\n'",
    "llama2,'<s>[INST] <<SYS>>\nBe b.\n<</SYS>>\n\na [/INST]'",
    "mistral,'<s>[INST] Be b.\n\na [/INST]'",
    "alpaca,'<s>Be b.\n\n### Instruction:\na'",
    "vicuna,'<s>Be b. USER: a'"
  })
  void a_system_turn_stands_where_the_format_has_it(String name, String text) {
    assertThat(render(name, false, "system", "Be b.", "user", "a")).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"llama2", "mistral", "zephyr", "phi3", "gemma", "alpaca", "vicuna", "instruction"})
  void what_a_format_cannot_say_is_refused_instead_of_left_out(String name) {
    assertThatThrownBy(() -> render(name, false, "user", "a", "tool", "21", "assistant", "b"))
        .hasMessageContaining(name + ": ");
    List<Map<String, Object>> calling =
        List.of(
            Map.of("role", "user", "content", "a"),
            Map.of("role", "assistant", "content", "", "tool_calls", List.of("get")));
    ChatTemplate template = ChatTemplate.of(ChatTemplates.source(name).orElseThrow());
    assertThatThrownBy(() -> template.render(TemplateInput.of(calling)))
        .hasMessageContaining(name + ": ");
  }

  @Test
  void chatml_has_tools() {
    Map<String, ?> call =
        Map.of("function", Map.of("name", "get", "arguments", Map.of("city", "Paris")));
    Map<String, ?> text =
        Map.of("function", Map.of("name", "get", "arguments", "{\"city\": \"Paris\"}"));
    String said =
        "\n<tool_call>\n{\"name\": \"get\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>";
    List<Map<String, Object>> messages =
        List.of(
            Map.of("role", "user", "content", "a"),
            Map.of("role", "assistant", "content", "", "tool_calls", List.of(call, text)),
            Map.of("role", "tool", "content", "20"),
            Map.of("role", "tool", "content", "21"));
    TemplateInput input = TemplateInput.of(messages).withTools(List.of(Map.of("name", "get")));
    assertThat(ChatTemplate.of(ChatTemplates.source("chatml").orElseThrow()).render(input).text())
        .startsWith("<|im_start|>system\nYou may call")
        .contains("\n<tools>\n{\"name\": \"get\"}\n</tools>\n".substring(1))
        .endsWith(
            "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant"
                + said
                + said
                + "<|im_end|>\n<|im_start|>user\n<tool_response>\n20\n</tool_response>\n"
                + "<tool_response>\n21\n</tool_response><|im_end|>\n");
  }

  @Test
  void every_built_in_template_works_without_special_tokens() {
    for (String name : ChatTemplates.names()) {
      ChatTemplate template = ChatTemplate.of(ChatTemplates.source(name).orElseThrow());
      assertThat(template.render(TemplateInput.of(messages("user", "a", "assistant", "b"))).text())
          .contains("b");
    }
  }

  @Test
  void auto_and_none_name_no_template_of_their_own() {
    assertThat(ChatTemplates.source("auto")).isEmpty();
    assertThat(ChatTemplates.source("none")).isEmpty();
    Tokenizer tokenizer = TestTokenizers.chat();
    assertThat(ChatTemplates.encoder(tokenizer, "none")).isEmpty();
    ChatEncoder own = ChatTemplates.encoder(tokenizer, "auto").orElseThrow();
    ChatEncoder chatml = ChatTemplates.encoder(tokenizer, "chatml").orElseThrow();
    List<Map<String, Object>> messages = messages("user", "a", "assistant", "b");
    assertThat(chatml.render(messages, List.of(), true).text())
        .isEqualTo(own.render(messages, List.of(), true).text());
  }

  @Test
  void a_file_is_a_template_and_an_unknown_word_is_answered_with_the_names(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("mine");
    Files.writeString(file, "{{ messages[0].content }}");
    assertThat(ChatTemplates.source(file.toString())).contains("{{ messages[0].content }}");
    assertThatThrownBy(() -> ChatTemplates.source("lama3"))
        .isInstanceOf(LuthierException.class)
        .hasMessage(
            "the chat template lama3: expected auto, none, chatml, llama2, llama3, mistral, zephyr,"
                + " phi3, gemma, alpaca, vicuna, instruction, or a Jinja file; there is no such"
                + " file. Did you mean llama3?");
    assertThatThrownBy(() -> ChatTemplates.source("missing/chat.jinja"))
        .hasMessageContaining("missing/chat.jinja cannot be read");
    Files.writeString(file, "{{ bos_token }}\n{% endfo %}");
    assertThatThrownBy(() -> ChatTemplates.encoder(TestTokenizers.chat(), file.toString()))
        .hasMessageStartingWith(file + ": Chat template, line 2: ");
    Files.write(file, new byte[] {'a', (byte) 0xff});
    assertThatThrownBy(() -> ChatTemplates.source(file.toString()))
        .hasMessageContaining("mine is not UTF-8 text");
  }

  @Test
  void markers_that_the_tokenizer_splits_are_found() {
    Tokenizer tokenizer = TestTokenizers.chat();
    assertThat(split(tokenizer, "chatml")).isEmpty();
    assertThat(split(tokenizer, "phi3"))
        .containsExactly("<|system|>", "<|end|>", "<|user|>", "<|assistant|>");
    assertThat(split(tokenizer, "gemma")).containsExactly("<start_of_turn>", "<end_of_turn>");
    assertThat(split(tokenizer, "llama2")).isEmpty();
    assertThat(split(TestTokenizers.sentencePiece(), "zephyr"))
        .containsExactly("<|system|>", "<|user|>", "<|assistant|>");
  }

  private static List<String> split(Tokenizer tokenizer, String name) {
    return ChatTemplates.encoder(tokenizer, name).orElseThrow().splitMarkers();
  }

  private static String render(String name, boolean prompt, String... said) {
    return ChatTemplate.of(ChatTemplates.source(name).orElseThrow())
        .render(
            TemplateInput.of(messages(said))
                .withSpecialTokens(SPECIAL)
                .withGenerationPrompt(prompt))
        .text();
  }

  private static List<Map<String, Object>> messages(String... said) {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < said.length; i += 2) {
      messages.add(Map.of("role", said[i], "content", said[i + 1]));
    }
    return messages;
  }
}
