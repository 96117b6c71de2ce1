package dev.luthier.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.Hashes;
import dev.luthier.format.HfFolder;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generator;
import dev.luthier.model.TinyConfigs;
import dev.luthier.model.TinyModels;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.nn.ServedAdapter;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tokenizer.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServedAdaptersTest {
  @TempDir private Path temp = Path.of("");

  private static ObjectNode config(String family) {
    return TinyConfigs.families().values().stream()
        .filter(c -> c.path("model_type").asText().equals(family))
        .findFirst()
        .orElseThrow()
        .deepCopy()
        .put("vocab_size", 400);
  }

  /** A model's folder with a tokenizer. */
  private Path base(ObjectNode config) throws IOException {
    Path folder = TinyModels.write(config, temp.resolve("base"));
    try (var files = Files.list(TestTokenizers.chatFolder())) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
    return folder;
  }

  private Path adapter(Path base, LoraSettings lora, long seed) throws IOException {
    LoadedModel model = TinyModels.LOADER.lora(base, lora, seed);
    TinyModels.shakeAdapter(model, seed);
    Path folder = Files.createDirectories(temp.resolve("adapter" + seed));
    Adapters.write(
        folder,
        new AdapterConfig(lora, "base").of(model.transformer()),
        model.transformer().adapter().orElseThrow().all());
    return folder;
  }

  private static int[] prompt(int i) {
    return new SplittableRandom(i).ints(3 + 5L * i, 3, 400).toArray();
  }

  private static int[] alone(Transformer model, int i) {
    return new Generator(model, TestTokenizers.chat(), Set.of())
        .generate(new GenerateRequest(prompt(i), GenerateSettings.greedy(10)))
        .tokens();
  }

  private static EngineSettings settings(Path base) {
    return EngineSettings.of(base).withDtype(ComputeDtype.FLOAT32);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "mixtral", "phi3", "gpt_neox", "bloom"})
  void each_request_has_the_text_of_its_adapter(String family) throws IOException {
    Path base = base(config(family));
    Map<String, Path> folders = new LinkedHashMap<>();
    for (int seed = 1; seed <= 3; seed++) {
      folders.put("a" + seed, adapter(base, TinyModels.lora(), seed));
    }
    List<Asked> asked = new ArrayList<>();
    List<int[]> expected = new ArrayList<>();
    try (Engine engine = Engines.open(settings(base).withAdapters(folders))) {
      assertThat(engine.adapters())
          .extracting(EngineAdapter::name)
          .containsExactly("a1", "a2", "a3");
      assertThat(engine.adapters()).allMatch(a -> a.rank() == 4);
      for (int i = 0; i < 8; i++) {
        Optional<String> name = i % 4 == 0 ? Optional.empty() : Optional.of("a" + i % 4);
        asked.add(Asked.of(engine, prompt(i / 4), GenerateSettings.greedy(10), name));
        Optional<Path> folder = name.map(folders::get);
        expected.add(alone(TinyModels.LOADER.load(base, folder).transformer(), i / 4));
      }
      for (int i = 0; i < asked.size(); i++) {
        int[] text = asked.get(i).get().tokens();
        int[] wanted = expected.get(i);
        int stop = text.length; // a stop token may end it
        assertThat(text).isEqualTo(java.util.Arrays.copyOf(wanted, stop));
      }
    }
    assertThat(expected.get(0)).isNotEqualTo(expected.get(1));
  }

  @Test
  void an_adapter_comes_and_goes_while_requests_run() throws IOException {
    Path base = base(config("llama"));
    Path first = adapter(base, TinyModels.lora(), 1);
    Path second = adapter(base, TinyModels.lora(), 2);
    try (Engine engine = Engines.open(settings(base).withLimits(8, 0, 99, 1))) {
      for (int round = 0; round < 6; round++) {
        Path folder = round % 2 == 0 ? first : second;
        engine.loadAdapter("a", folder);
        assertThatThrownBy(() -> engine.loadAdapter("a", folder)).hasMessageContaining("already");
        assertThatThrownBy(() -> engine.loadAdapter("b", folder))
            .hasMessageContaining("--max-adapters allows 1 at a time: unload one of");
        List<Asked> asked = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
          asked.add(Asked.of(engine, prompt(i % 4), GenerateSettings.greedy(10), Optional.of("a")));
        }
        engine.unloadAdapter("a");
        assertThatThrownBy(
                () -> Asked.of(engine, prompt(1), GenerateSettings.greedy(1), Optional.of("a")))
            .hasMessageContaining("there is no adapter a");
        Transformer alone = TinyModels.LOADER.load(base, Optional.of(folder)).transformer();
        for (int i = 0; i < 12; i++) {
          int[] text = asked.get(i).get().tokens();
          assertThat(text).isEqualTo(java.util.Arrays.copyOf(alone(alone, i % 4), text.length));
        }
      }
    }
  }

  @Test
  void what_does_not_fit_is_refused() throws IOException {
    Path base = base(config("llama"));
    ObjectNode wider = config("llama").put("hidden_size", 32);
    Path other = TinyModels.write(wider, temp.resolve("other"));
    Path misfit = adapter(other, TinyModels.lora(), 1);
    Path saving = adapter(base, TinyModels.lora().saving(List.of("lm_head")), 2);
    try (Engine engine = Engines.open(settings(base))) {
      assertThatThrownBy(() -> engine.loadAdapter("a", misfit))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("misshapen: model.layers.0.self_attn.q_proj.lora_A.weight");
      assertThatThrownBy(() -> engine.loadAdapter("a", saving))
          .hasMessageContaining("modules_to_save [lm_head]")
          .hasMessageContaining("luthier fuse");
      assertThatThrownBy(() -> engine.loadAdapter("a", temp.resolve("nowhere")))
          .isInstanceOf(LuthierException.class);
      assertThat(engine.adapters()).isEmpty();
    }
    Files.delete(misfit.resolve(HfFolder.ADAPTER_CONFIG));
  }

  @Test
  void an_adapter_of_another_base_is_refused_though_it_fits() throws IOException {
    Path base = base(config("llama"));
    Path folder = adapter(base, TinyModels.lora(), 1);
    record(folder, "0".repeat(64));
    try (Engine engine = Engines.open(settings(base))) {
      assertThatThrownBy(() -> engine.loadAdapter("a", folder))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining("is not the base that " + folder + " was trained over")
          .hasMessageContaining("--any-base");
      record(folder, Hashes.folder(base));
      assertThat(engine.loadAdapter("a", folder).name()).isEqualTo("a");
    }
    record(folder, "0".repeat(64));
    try (Engine engine = Engines.open(settings(base).withAnyBase(true))) {
      assertThat(engine.loadAdapter("a", folder).name()).isEqualTo("a");
    }
  }

  private static void record(Path adapter, String sha256) {
    new TrainingBase("base", sha256, ComputeDtype.FLOAT32, Optional.empty()).write(adapter);
  }

  @Test
  void an_adapter_that_is_closed_leaves_nothing() throws IOException {
    Path base = base(config("llama"));
    Path folder = adapter(base, TinyModels.lora(), 1);
    Transformer model = TinyModels.LOADER.load(base).transformer();
    assertThat(
            NativeObjects.leftBehindBy(
                () -> {
                  ServedAdapter adapter = TinyModels.LOADER.adapter(model, folder);
                  adapter.close();
                }))
        .isLessThanOrEqualTo(0);
  }
}
