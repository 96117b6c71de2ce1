package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The self-test on files of others: llama.cpp's tools, PEFT, transformers. */
@Tag("interop")
class SelfTestInteropTest {
  @TempDir private Path temp = Path.of("");

  @ParameterizedTest
  @CsvSource({
    "story-F32, 1e-7", "story-F16, 1e-4", "story-BF16, 1e-3", "story-Q8_0, 1e-2",
    "story-Q5_1, 0.1", "story-Q5_0, 0.1", "story-Q4_1, 0.3", "story-Q4_0, 0.3",
    "story-IQ4_NL, 0.3",
  })
  void exports_that_are_sound_pass(String name, double most) {
    Path gguf = Assets.path("oracle-llamacpp/gguf/" + name + ".gguf");
    Path model = Assets.path("model-llama-story-hf");

    SelfTestReport report = SelfTest.of(gguf, model, Optional.empty()).run();

    assertThat(report.problems()).isEmpty();
    assertThat(report.divergence()).isLessThan(most);
  }

  @ParameterizedTest
  @CsvSource({
    "peft_lora, peft_base_llama, 1e-3",
    "peft_rslora, peft_base_llama, 1e-3",
    "peft_lora_all_linear, peft_base_llama, 1e-3",
    "peft_lora_patterns, peft_base_llama, 1e-3",
    "peft_lora_gpt2_conv1d, peft_base_gpt2, 5e-2",
  })
  void peft_s_adapters_pass_over_their_base(String adapter, String base, double most) {
    Path file = temp.resolve("adapter.gguf");
    GgufLora lora =
        new GgufLora(
            Assets.path("oracle-transformers/" + base),
            Assets.path("oracle-transformers/" + adapter),
            GgufFileType.F32);
    lora.run(file);
    SelfTestReport report = new AdapterSelfTest(lora, file, Optional.empty()).require();
    assertThat(report.largest()).isLessThan(most);
    assertThat(report.notChecked()).isEmpty();
  }

  /** Of each family that has a GGUF form; vocabularies of 256 rows get one of bytes. */
  @ParameterizedTest
  @CsvSource({
    "bert_mlm, 0",
    "bloom, 0",
    "falcon_40b, 0",
    "falcon_7b, 0",
    "gemma, 0",
    "gpt2, 0",
    "gpt_neox_parallel, 0",
    "llama_gqa_tied, 0",
    "llama_rope_llama3, 0",
    "mistral_sw, 1",
    "mixtral, 0",
    "phi2, 0",
    "phi3_longrope, 0",
    "qwen2_sliding_layers, 1",
    "qwen2_tied, 0",
    "qwen3_tied, 1",
  })
  void models_that_transformers_wrote_pass(String name, int notChecked) throws IOException {
    Path folder = Files.createDirectories(temp.resolve(name));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(Assets.path("oracle-transformers/" + name).resolve(file), folder.resolve(file));
    }
    TestTokenizers.writeBytes(folder);
    Path file = temp.resolve("model.gguf");
    new GgufExport(folder, Optional.empty(), false, GgufFileType.F32, Importance.NONE, false)
        .run(file, (done, total) -> {});
    SelfTestReport report = SelfTest.of(file, folder, Optional.empty()).require(file);
    assertThat(report.notChecked()).hasSize(notChecked);
    assertThat(report.lines().get(0)).startsWith("255 of 255 awkward texts");
  }
}
