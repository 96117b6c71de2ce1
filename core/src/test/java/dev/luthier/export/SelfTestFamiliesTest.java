package dev.luthier.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.format.DType;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufTensor;
import dev.luthier.model.TinyModels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Families of which the bundled llama.cpp runs a part or nothing are tested otherwise. */
class SelfTestFamiliesTest {
  private static final String T5 =
      """
      "d_model":64,"d_ff":96,"d_kv":16,"num_heads":4,"num_layers":2,"num_hidden_layers":2,
      "feed_forward_proj":"gated-gelu","tie_word_embeddings":false,"decoder_start_token_id":0,
      "pad_token_id":0,"num_decoder_layers":%d\
      """;
  private static final String QWEN_3 =
      "\"num_hidden_layers\":2,\"num_key_value_heads\":2,\"head_dim\":32";
  private static final String GEMMA_2 =
      "\"num_hidden_layers\":6,\"num_key_value_heads\":2,\"head_dim\":32,"
          + "\"query_pre_attn_scalar\":32,\"sliding_window\":8";
  private static final String WINDOW =
      "\"num_hidden_layers\":2,\"num_key_value_heads\":2,\"sliding_window\":24";

  @TempDir private Path temp = Path.of("");

  private static String settings(String family) {
    return switch (family) {
      case "t5" -> T5.formatted(2);
      case "qwen3" -> QWEN_3;
      case "gemma2" -> GEMMA_2;
      case "mistral" -> WINDOW;
      case "bert" -> "\"num_hidden_layers\":2,\"type_vocab_size\":3";
      default -> throw new IllegalArgumentException(family);
    };
  }

  private Path model(String family, String name) {
    return TinyExports.speaking(temp.resolve(name), family, settings(family));
  }

  private Path export(Path model, GgufFileType type) {
    Path file = temp.resolve(model.getFileName() + "-" + type + ".gguf");
    new GgufExport(model, Optional.empty(), false, type, Importance.NONE, false)
        .run(file, (done, total) -> {});
    return file;
  }

  @ParameterizedTest
  @CsvSource({"F32", "Q8_0"})
  void of_an_encoder_the_states_before_its_head_are_compared(GgufFileType type) {
    Path model = model("bert", "model");
    Path file = export(model, type);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).require(file);
    assertThat(report.notChecked()).isEmpty();
    assertThat(report.lines()).hasSize(2);
    assertThat(report.lines().get(0)).startsWith("255 of 255");
    assertThat(report.lines().get(1)).startsWith("hidden states at 128 places");
    assertThat(report.divergence()).isLessThan(type == GgufFileType.F32 ? 1e-6 : 1e-2);
  }

  /** As sentence-transformers stores it. */
  private Path body(Path model) throws IOException {
    Path body = Files.createDirectories(temp.resolve("body"));
    for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(model.resolve(name), body.resolve(name));
    }
    try (PointerScope scope = new PointerScope()) {
      ModelTensors all = ModelTensors.of(model);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      all.names().stream()
          .filter(name -> name.startsWith("bert."))
          .forEach(name -> tensors.put(name.substring("bert.".length()), all.read(name)));
      ObjectNode config = all.config();
      config.putArray("architectures").add("BertModel");
      ModelFiles.write(body, config, tensors, DType.F32);
    }
    return body;
  }

  @Test
  void an_adapter_is_multiplied_into_an_encoder_without_a_head() throws IOException {
    Path model = model("bert", "model");
    Path adapter = Files.createDirectories(temp.resolve("adapter"));
    try (PointerScope scope = new PointerScope()) {
      LoadedModel adapted = TinyModels.lora(model, TinyExports.LOADER);
      TinyModels.shakeAdapter(adapted, 5);
      Adapters.write(
          adapter,
          new AdapterConfig(TinyModels.lora(), "base"),
          adapted.transformer().adapter().orElseThrow().all());
    }
    Path file = temp.resolve("adapted.gguf");
    for (Path base : List.of(model, body(model))) {
      new GgufExport(base, Optional.of(adapter), true, GgufFileType.F32, Importance.NONE, false)
          .run(file, (done, total) -> {});
      SelfTestReport same = SelfTest.of(file, base, Optional.of(adapter)).require(file);
      assertThat(same.divergence()).isLessThan(1e-5);
      assertThat(SelfTest.of(file, base, Optional.empty()).run().divergence()).isGreaterThan(1e-3);
    }
  }

  @Test
  void an_encoder_without_a_head_is_exported() throws IOException {
    Path model = model("bert", "model");
    Path body = body(model);
    Path file = export(body, GgufFileType.F32);
    assertThat(SelfTest.of(file, body, Optional.empty()).require(file).divergence())
        .isLessThan(1e-6);
    Gguf other = Gguf.open(export(model, GgufFileType.F32));
    assertThat(Gguf.open(file).tensors().keySet()).isEqualTo(other.tensors().keySet());
    // and once more, from the file itself
    Path again = temp.resolve("again.gguf");
    new GgufExport(file, Optional.empty(), false, GgufFileType.Q8_0, Importance.NONE, false)
        .run(again, (done, total) -> {});
    assertThat(SelfTest.of(again, file, Optional.empty()).require(again).notChecked()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "pooling_mode_mean_tokens, 1",
    "pooling_mode_cls_token, 2",
    "pooling_mode_lasttoken, 3",
    "pooling_mode_max_tokens, 0"
  })
  void how_sentence_transformers_pools_is_stored(String mode, long expected) throws IOException {
    Path model = model("bert", "model");
    Files.createDirectories(model.resolve("1_Pooling"));
    Files.writeString(
        model.resolve("1_Pooling/config.json"),
        "{\"word_embedding_dimension\": 64, \"%s\": true, \"pooling_mode_other\": false}"
            .formatted(mode));
    Path file = temp.resolve("m.gguf");
    GgufExport export =
        new GgufExport(model, Optional.empty(), false, GgufFileType.F32, Importance.NONE, false);
    List<String> notes = export.run(file, (done, total) -> {}).notes();
    assertThat(Gguf.open(file).metadata().integer("bert.pooling_type").orElse(0L))
        .isEqualTo(expected);
    assertThat(notes.stream().anyMatch(n -> n.contains("pools in a way"))).isEqualTo(expected == 0);
    SelfTest.of(file, model, Optional.empty()).require(file);
  }

  @Test
  void of_t5_llama_cpp_runs_the_encoder_and_we_the_rest() {
    Path model = model("t5", "model");
    Path file = export(model, GgufFileType.F32);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).require(file);
    assertThat(report.lines()).hasSize(4);
    assertThat(report.lines().get(1)).startsWith("the encoder's hidden states at 256 places");
    assertThat(report.lines().get(2)).contains("tensors read back by our own reader: off by 0.0 ");
    assertThat(report.lines().get(3)).contains("run by our own engine").contains("divergence 0.0");
    assertThat(report.notChecked()).hasSize(1);
    assertThat(report.notChecked().get(0)).contains("the model's decoder").contains("build 4916");
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3, F32, does not know the architecture 'qwen3'",
    "qwen3, Q8_0, does not know the architecture 'qwen3'",
    "gemma2, F32, 'and this one has 6'"
  })
  void what_llama_cpp_does_not_run_is_read_back(String family, GgufFileType type, String why) {
    Path model = model(family, "model");
    Path file = export(model, type);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).require(file);
    assertThat(file).exists();
    assertThat(report.lines()).hasSize(3);
    assertThat(report.lines().get(0)).startsWith("255 of 255 awkward texts");
    assertThat(report.lines().get(2)).contains("run by our own engine");
    assertThat(report.notChecked()).hasSize(1);
    assertThat(report.notChecked().get(0)).contains("did not run the model").contains(why);
  }

  @Test
  void a_t5_of_unlike_stacks_is_read_back() {
    Path model = TinyExports.speaking(temp.resolve("model"), "t5", T5.formatted(1));
    Path file = export(model, GgufFileType.F32);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).require(file);
    assertThat(report.notChecked().get(0)).contains("here they have 2 and 1");
  }

  @Test
  void beyond_a_window_that_llama_cpp_lacks_nothing_is_compared() {
    Path model = model("mistral", "model");
    Path file = export(model, GgufFileType.F32);
    SelfTestReport report = SelfTest.of(file, model, Optional.empty()).require(file);
    assertThat(report.lines().get(1)).startsWith("24 tokens of a text");
    assertThat(report.lines().get(2)).isEqualTo("greedy text: 12 of 12 tokens the same");
    assertThat(report.notChecked().get(0)).startsWith("texts longer than 24 tokens");
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3, blk.1.attn_output.weight, tensors are not those of the model: model.layers.1.self_attn.o_proj.weight (F32) is off by",
    "t5, dec.blk.1.cross_attn_o.weight, tensors are not those of the model: decoder.block.1",
    "t5, enc.blk.1.ffn_down.weight, its the encoder's hidden states are",
    "bert, blk.1.ffn_down.weight, its hidden states are"
  })
  void a_spoilt_file_is_rejected_all_the_same(String family, String tensor, String message)
      throws IOException {
    Path model = model(family, "model");
    Path file = export(model, GgufFileType.F32);
    spoil(Gguf.open(file).tensor(tensor).orElseThrow());
    assertThatThrownBy(() -> SelfTest.of(file, model, Optional.empty()).require(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(message)
        .hasMessageContaining(".rejected");
    assertThat(file).doesNotExist();
  }

  /** Two rows change places. */
  private static void spoil(GgufTensor tensor) throws IOException {
    int row = (int) tensor.rowBytes();
    ByteBuffer rows = ByteBuffer.allocate(2 * row);
    tensor.read(0, rows);
    ByteBuffer turned = ByteBuffer.allocate(2 * row);
    turned.put(rows.array(), row, row).put(rows.array(), 0, row).flip();
    try (FileChannel channel = FileChannel.open(tensor.path(), StandardOpenOption.WRITE)) {
      channel.write(turned, tensor.offset());
    }
  }

  @Test
  void a_name_with_phi3_in_it_does_not_keep_llama_cpp_from_opening_the_file() {
    Path model =
        TinyExports.speaking(
            temp.resolve("my-phi3_tuned"),
            "llama",
            "\"num_hidden_layers\":1,\"num_attention_heads\":4");
    Path file = export(model, GgufFileType.F32);
    assertThat(Gguf.open(file).metadata().text("general.name")).contains("my phi 3 tuned");
    assertThat(SelfTest.of(file, model, Optional.empty()).require(file).notChecked()).isEmpty();
  }
}
