package dev.luthier.generate.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.tokenizer.ChatEncoder;
import dev.luthier.tokenizer.ChatTemplate;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolSyntaxTest {
  private static ToolSyntax of(String template) {
    return ToolSyntax.of(
        new ChatEncoder(
            TestTokenizers.chat(),
            ChatEncoder.renderer(
                ChatTemplate.of(template),
                Map.of("bos_token", "<s>", "eos_token", "</s>"),
                Clock.systemUTC())));
  }

  @Test
  void a_template_shows_how_calls_are_written() {
    assertThat(of("{% if tools %}Answer in <tool_call></tool_call>.{% endif %}"))
        .isEqualTo(ToolSyntax.TAGGED);
    assertThat(
            of(
                "{% for m in messages %}{% for c in m.tool_calls or [] %}[TOOL_CALLS]{{"
                    + " c.function.name }}[ARGS]{}{% endfor %}{% endfor %}"))
        .isEqualTo(ToolSyntax.MISTRAL_NAMED);
  }

  @Test
  void a_template_that_knows_no_tools_leaves_the_plain_form() {
    assertThat(of(TestTokenizers.CHATML)).isEqualTo(ToolSyntax.PLAIN);
    assertThat(of("{{ raise_exception('no') }}")).isEqualTo(ToolSyntax.PLAIN);
  }

  @Tag("interop")
  @ParameterizedTest
  @CsvSource({
    "llamacpp/NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use, TAGGED",
    "llamacpp/NousResearch-Hermes-3-Llama-3.1-8B-tool_use, TAGGED",
    "llamacpp/Qwen-Qwen2.5-7B-Instruct, TAGGED",
    "more/Bielik-11B-v3.0-Instruct, TAGGED",
    "llamacpp/meta-llama-Llama-3.1-8B-Instruct, LLAMA",
    "llamacpp/meta-llama-Llama-3.2-3B-Instruct, LLAMA",
    "llamacpp/meta-llama-Llama-3.3-70B-Instruct, LLAMA",
    "llamacpp/mistralai-Mistral-Nemo-Instruct-2407, MISTRAL",
    "mistral-common/v3, MISTRAL",
    "mistral-common/v3_spm, MISTRAL",
    "mistral-common/v7, MISTRAL",
    "mistral-common/v11, MISTRAL_NUMBERED",
    "mistral-common/v13, MISTRAL_NAMED",
    "mistral-common/v15_think, MISTRAL_NAMED",
    "more/unsloth-mistral-Devstral-Small-2507, MISTRAL_NAMED",
    "more/mistralai-Ministral-3-14B-Reasoning-2512, MISTRAL_NAMED",
    "llamacpp/google-gemma-2-2b-it, PLAIN",
    "llamacpp/CohereForAI-c4ai-command-r7b-12-2024-tool_use, PLAIN",
    "more/Qwen3-Coder, PLAIN",
    "more/GLM-4.7-Flash, PLAIN",
    "mistral-common/v1, PLAIN"
  })
  void published_templates_show_their_familys_way(String template, ToolSyntax expected)
      throws IOException {
    assertThat(of(Files.readString(Assets.path("chat-templates-" + template + ".jinja"))))
        .isEqualTo(expected);
  }
}
