package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters that PEFT wrote. */
@Tag("interop")
class AdapterCheckInteropTest {
  @ParameterizedTest
  @CsvSource({
    // vllm, llama.cpp, ollama, tgi
    "peft_lora, llama, NOTE STEP NOTE NOTE",
    "peft_lora_all_linear, llama, NOTE STEP NOTE NOTE",
    "peft_rslora, llama, NOTE STEP STEP NOTE",
    "peft_lora_patterns, llama, REFUSED STEP STEP REFUSED",
    "peft_dora, llama, REFUSED REFUSED REFUSED REFUSED",
    "peft_ia3, llama, REFUSED REFUSED REFUSED REFUSED",
    "peft_prompt_tuning, llama, REFUSED REFUSED REFUSED REFUSED",
    "peft_lora_modules_to_save, llama, REFUSED REFUSED REFUSED REFUSED",
    "peft_lora_embedding, llama, REFUSED REFUSED REFUSED REFUSED",
    "peft_lora_pissa, llama, REFUSED REFUSED REFUSED REFUSED",
    "peft_lora_gpt2_conv1d, gpt2, REFUSED STEP STEP REFUSED",
    "peft_lora_bias_lora_only_gpt2, gpt2, REFUSED REFUSED REFUSED REFUSED"
  })
  void each_has_its_verdicts(String adapter, String base, String expected) {
    AdapterCheck check =
        AdapterCheck.of(
            Assets.path("oracle-transformers/" + adapter),
            Optional.of(Assets.path("oracle-transformers/peft_base_" + base)));
    assertThat(
            check.verdicts(List.of(Server.values())).stream().map(v -> v.level().name()).toList())
        .isEqualTo(List.of(expected.split(" ")));
  }
}
