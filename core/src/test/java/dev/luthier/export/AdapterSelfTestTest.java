package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.TrainingBase;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.format.Hashes;
import dev.luthier.model.TinyModels;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A sound adapter passes over its base in llama.cpp, and an unsound one does not. */
class AdapterSelfTestTest {
  private static final String LLAMA = "\"num_hidden_layers\":2,\"num_key_value_heads\":2";

  @TempDir private Path temp = Path.of("");

  private Path base(String family, String more) throws IOException {
    Path folder = Files.createDirectories(temp.resolve(family));
    return TinyExports.folder(folder, family, more);
  }

  private Path adapter(Path base) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("adapter"));
    try (PointerScope scope = new PointerScope()) {
      LoadedModel model = TinyModels.lora(base, TinyExports.LOADER);
      var trained = model.transformer().adapter().orElseThrow().all();
      trained.forEach(
          (name, t) -> {
            GeneratorOptional seed = new GeneratorOptional(Seeds.generator(7, name.hashCode()));
            t.detach().normal_(0, 0.3, seed);
          });
      Adapters.write(folder, new AdapterConfig(TinyModels.lora(), "base"), trained);
    }
    return folder;
  }

  private AdapterSelfTest test(Path base, Path adapter, GgufFileType type, Optional<Path> gguf) {
    Path file = temp.resolve("adapter.gguf");
    GgufLora lora = new GgufLora(base, adapter, type);
    lora.run(file);
    return new AdapterSelfTest(lora, file, gguf);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "llama   | F32 | 1e-3 | '\"num_key_value_heads\":2'",
        "llama   | F16 | 0.1  | '\"num_key_value_heads\":2'",
        "phi3    | F32 | 1e-3 | '\"num_key_value_heads\":2'",
        "mixtral | F32 | 1e-3 | '\"num_key_value_heads\":2,\"num_local_experts\":3'",
        "gpt2    | F32 | 5e-2 | '\"n_positions\":64'"
      })
  void a_sound_adapter_passes(String family, GgufFileType type, double most, String more)
      throws IOException {
    Path base = base(family, "\"num_hidden_layers\":2," + more);
    AdapterSelfTest test = test(base, adapter(base), type, Optional.empty());
    SelfTestReport report = test.require();
    assertThat(report.notChecked()).isEmpty();
    assertThat(report.largest()).isLessThan(most);
    assertThat(report.lines()).hasSize(4);
    assertThat(report.lines().get(0)).contains("pairs of A and B read back");
    assertThat(report.lines().get(2)).startsWith("the adapter changes them by up to ");
    assertThat(report.lines().get(3)).startsWith("greedy text: 32 of 32");
    try (var left = Files.list(temp)) { // the base has gone
      assertThat(left.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder(family, "adapter", "adapter.gguf");
    }
  }

  @Test
  void what_could_not_be_tested_keeps_its_name() throws IOException {
    Path base = base("llama", LLAMA + ",\"hidden_act\":\"relu\"");
    AdapterSelfTest test = test(base, adapter(base), GgufFileType.F32, Optional.empty());
    assertThatThrownBy(test::require)
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("adapter.gguf is written but not tested: ")
        .hasMessageContaining("the activation is relu")
        .message()
        .doesNotContain("rejected");
    assertThat(temp.resolve("adapter.gguf")).exists();
  }

  @Test
  void a_base_that_is_there_is_used_and_another_model_s_is_told() throws IOException {
    Path base = base("llama", LLAMA);
    Path gguf = TinyExports.f32(base, temp.resolve("base.gguf"));
    Path adapter = adapter(base);
    assertThat(test(base, adapter, GgufFileType.F32, Optional.of(gguf)).require().largest())
        .isLessThan(1e-3);
    assertThat(test(gguf, adapter, GgufFileType.F32, Optional.empty()).require().largest())
        .isLessThan(1e-3);
    Path other = Files.createDirectories(temp.resolve("other"));
    Path wrong = TinyExports.f32(TinyExports.folder(other, "llama", LLAMA), gguf);
    AdapterSelfTest test = test(base, adapter, GgufFileType.F32, Optional.of(wrong));
    assertThatThrownBy(test::require)
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("nats per token from the original's")
        .hasMessageContaining("adapter.gguf.rejected");
    assertThat(temp.resolve("adapter.gguf")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "llama | '' | 'with it llama.cpp''s numbers differ from ours by up to'",
        "qwen3 | ',\"head_dim\":32' | 'pairs are not those of the adapter: blk.1.'"
      })
  void one_number_of_b_that_is_off_is_enough(String family, String more, String message)
      throws IOException {
    Path base = base(family, LLAMA + more);
    AdapterSelfTest test = test(base, adapter(base), GgufFileType.F32, Optional.empty());
    change(Gguf.open(test.file()));
    assertThatThrownBy(test::require)
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("pairs are not those of the adapter")
        .hasMessageContaining(message);
  }

  /** The first number of a B becomes 100. */
  private static void change(Gguf file) throws IOException {
    GgufTensor b = file.tensor("blk.1.ffn_up.weight.lora_b").orElseThrow();
    ByteBuffer number = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 100);
    try (FileChannel channel = FileChannel.open(b.path(), StandardOpenOption.WRITE)) {
      channel.write(number, b.offset());
    }
  }

  @Test
  void what_was_trained_over_a_quantized_base_is_compared_over_that() throws IOException {
    Path base = TinyExports.speaking(temp.resolve("base"), "llama", LLAMA);
    Path adapter = adapter(base);
    QuantSettings nf4 = new QuantSettings(QuantSettings.Type.NF4, 64, false, 0);
    new TrainingBase("base", Hashes.folder(base), ComputeDtype.FLOAT32, Optional.of(nf4))
        .write(adapter);
    Path file = temp.resolve("fused.gguf");
    new GgufExport(base, Optional.of(adapter), false, GgufFileType.F32, Importance.NONE, false)
        .run(file, (done, total) -> {});
    SelfTest test = SelfTest.of(file, base, Optional.of(adapter));
    assertThat(test.require().divergence()).isLessThan(1e-7);
    Files.delete(adapter.resolve(TrainingBase.FILE));
    assertThat(test.run().problems()).isNotEmpty();
  }

  @Test
  void over_a_base_that_llama_cpp_does_not_know_it_is_read_back() throws IOException {
    Path base = base("qwen3", LLAMA + ",\"head_dim\":32");
    SelfTestReport report = test(base, adapter(base), GgufFileType.F32, Optional.empty()).require();
    assertThat(report.lines()).hasSize(1);
    assertThat(report.lines().get(0)).contains("14 pairs").contains("off by 0.0 at most");
    assertThat(report.notChecked()).hasSize(1);
    assertThat(report.notChecked().get(0)).contains("'qwen3'");
    assertThat(report.divergence()).isNaN();
  }
}
