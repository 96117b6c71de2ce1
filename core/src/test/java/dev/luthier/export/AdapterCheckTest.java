package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.Complaints;
import dev.luthier.UsageException;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.nn.LayerIndices;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.ModuleNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters whose configuration and tensor shapes are planted; the base is a configuration only. */
class AdapterCheckTest {
  private static final String BASE = "base_model.model.model.layers.";

  @TempDir private Path folder = Path.of("");
  private final Map<String, List<Long>> tensors = new LinkedHashMap<>();
  private String config =
      "{\"peft_type\": \"LORA\", \"r\": 16, \"lora_alpha\": 32, \"target_modules\": [\"q_proj\"]}";

  @BeforeEach
  void plain() throws IOException {
    Files.createDirectories(folder.resolve("base"));
    Files.createDirectories(folder.resolve("adapter"));
    for (int layer = 0; layer < 2; layer++) {
      lora(layer + ".self_attn.q_proj", 16);
    }
    base("llama");
  }

  private void base(String family) {
    Json.write(
        folder.resolve("base").resolve("config.json"),
        Json.parse(
            "{\"model_type\": \""
                + family
                + "\", \"vocab_size\": 32, \"hidden_size\": 16,"
                + " \"intermediate_size\": 24, \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
                + " \"num_key_value_heads\": 2, \"max_position_embeddings\": 64,"
                + " \"rms_norm_eps\": 1e-5, \"head_dim\": 4}",
            "test"));
  }

  private void lora(String path, long rank) {
    tensors.put(BASE + path + ".lora_A.weight", List.of(rank, 16L));
    tensors.put(BASE + path + ".lora_B.weight", List.of(16L, rank));
  }

  private AdapterCheck check() {
    Path adapter = folder.resolve("adapter");
    Json.write(adapter.resolve("adapter_config.json"), Json.parse(config, "test"));
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    tensors.forEach(
        (name, shape) ->
            entries.add(
                new SafetensorsWriter.Entry(
                    name,
                    DType.F32,
                    shape,
                    target -> {
                      long bytes = 4 * shape.stream().reduce(1L, (a, b) -> a * b);
                      target.write(ByteBuffer.allocate((int) bytes));
                    })));
    SafetensorsWriter.write(adapter.resolve("adapter_model.safetensors"), entries, Map.of());
    return AdapterCheck.of(adapter, Optional.of(folder.resolve("base")));
  }

  private AdapterVerdict verdict(Server server) {
    return check().verdicts(List.of(server)).get(0);
  }

  private void with(String key, String value) {
    ObjectNode json = Json.parse(config, "test");
    json.set(key, Json.parse("{\"v\": " + value + "}", "test").get("v"));
    config = json.toString();
  }

  @Test
  void a_plain_adapter_of_rank_16_loads_everywhere() {
    assertThat(check().verdicts(List.of(Server.values())))
        .extracting(v -> v.server() + " " + v.words())
        .containsExactly(
            "vllm loads as it is",
            "llama.cpp loads after a step",
            "ollama loads as it is",
            "tgi loads as it is");
  }

  @ParameterizedTest
  @CsvSource({
    "8, loads as it is, ''",
    "17, loads after a step, --max-lora-rank 32",
    "128, loads after a step, --max-lora-rank 128",
    "300, loads after a step, --max-lora-rank 320",
    "512, loads after a step, --max-lora-rank 512",
    "513, does not load, luthier fuse"
  })
  void vllm_takes_ranks_up_to_512_with_a_flag(int rank, String words, String wayOut) {
    tensors.clear();
    lora("0.self_attn.q_proj", rank);
    AdapterVerdict verdict = verdict(Server.VLLM);
    assertThat(verdict.words()).isEqualTo(words);
    assertThat(verdict.findings().stream().map(AdapterFinding::wayOut).findFirst().orElse(""))
        .contains(wayOut);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        // what is set; vllm, llama.cpp, ollama, tgi: + as it is, s after a step, - not
        "use_dora; true; - - - -",
        "modules_to_save; [\"lm_head\"]; - - - -",
        "bias; \"all\"; - - - -",
        "use_rslora; true; + s s +",
        "rank_pattern; {\"q_proj\": 8}; - s s -",
        "alpha_pattern; {\"q_proj\": 8}; - s s -",
        "lora_alpha; 12.5; + s s +",
        "layers_to_transform; [0]; + s + -",
        "target_modules; [\"q_proj\", \"qproj\"]; - - - -",
        "init_lora_weights; \"pissa\"; - - - -",
        "task_type; \"SEQ_CLS\"; - - - -",
        "peft_type; \"IA3\"; - - - -",
        "use_dora; false; + s + +",
        "modules_to_save; null; + s + +"
      })
  void each_setting_has_its_verdicts(String key, String value, String expected) {
    with(key, value);
    String found =
        String.join(
            " ",
            check().verdicts(List.of(Server.values())).stream()
                .map(
                    v ->
                        switch (v.level()) {
                          case NOTE -> "+";
                          case STEP -> "s";
                          case REFUSED -> "-";
                        })
                .toList());
    assertThat(found).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"mistral, true", "gemma2, true", "qwen2, false", "gemma3_text, false"})
  void ollama_reads_safetensors_adapters_of_some_families(String family, boolean loads) {
    base(family);
    assertThat(verdict(Server.OLLAMA).findings().isEmpty()).isEqualTo(loads);
  }

  @Test
  void a_module_that_the_base_lacks_is_named() {
    lora("7.self_attn.q_proj", 16);
    assertThat(verdict(Server.VLLM).findings().get(0).reason())
        .contains("model.layers.7.self_attn.q_proj");
  }

  @Test
  void trained_rows_of_tokens_and_whole_tables_are_refused() {
    tensors.put(
        "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta",
        List.of(3L, 16L));
    assertThat(verdict(Server.VLLM).findings().get(0).reason()).contains("rows of 3 tokens");
    tensors.put("base_model.model.lm_head.weight", List.of(32L, 16L));
    assertThat(verdict(Server.LLAMA_CPP).findings())
        .anyMatch(f -> f.reason().contains("lm_head.weight"));
  }

  @Test
  void an_adapter_of_another_base_is_refused() {
    ObjectNode trained = Json.object();
    trained.put("base", "my-base").put("sha256", "00ff").put("dtype", "float32");
    trained.putObject("quant").put("type", "nf4").put("blockSize", 64).put("doubleQuant", true);
    Json.write(folder.resolve("adapter").resolve("training_base.json"), trained);
    List<AdapterFinding> findings = verdict(Server.TGI).findings();
    assertThat(findings.get(0).reason()).contains("another base", "my-base");
    assertThat(findings).anyMatch(f -> f.reason().contains("nf4"));
  }

  @Test
  void settings_are_held_to_their_servers_before_training() {
    LoraSettings lora =
        new LoraSettings(
            1024,
            32,
            0,
            ModuleNames.of("all-linear"),
            ModuleNames.none(),
            LayerIndices.all(),
            Map.of("q_proj", 8),
            Map.of(),
            false,
            List.of("lm_head"),
            LoraSettings.Bias.NONE,
            List.of());
    AdapterCheck planned = AdapterCheck.planned(folder.resolve("base"), lora, 2, Optional.empty());
    Complaints complaints = new Complaints();
    planned.require(List.of(Server.VLLM), complaints);
    assertThatThrownBy(complaints::throwIfAny)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Set lora.rank=512")
        .hasMessageContaining("Set lora.modulesToSave=[]")
        .hasMessageContaining("Set lora.rankPattern={}")
        .hasMessageContaining("Set lora.trainableTokenIndices=[], tokens.add=[]");
    Complaints none = new Complaints();
    AdapterCheck.planned(folder.resolve("base"), LoraSettings.defaults(), 0, Optional.empty())
        .require(List.of(Server.values()), none);
    assertThat(none.isEmpty()).isTrue();
  }
}
