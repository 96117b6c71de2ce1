package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Hashes;
import dev.luthier.format.Inspection;
import dev.luthier.format.Json;
import dev.luthier.format.PickleWriter;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.TestTorch;
import dev.luthier.format.TorchFile;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.FourBitType;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model in PyTorch's own files is the model that it is in safetensors. */
class TorchLoadingTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @TempDir private Path folder = Path.of("");
  private final ObjectNode config =
      Json.parse(
          """
          {"model_type":"llama","hidden_size":8,"intermediate_size":12,"num_hidden_layers":2,
           "num_attention_heads":2,"vocab_size":20,"max_position_embeddings":32,
           "tie_word_embeddings":false}
          """,
          "the test's configuration");
  private Map<String, float[]> weights = new LinkedHashMap<>();
  private final Map<String, long[]> shapes = new LinkedHashMap<>();

  @BeforeEach
  void make() {
    Map<String, Tensor> all = LOADER.fresh(config, 1).transformer().parameters().all();
    weights = values(all);
    all.forEach((name, t) -> shapes.put(name, Tensors.shape(t)));
    Json.write(folder.resolve("config.json"), config);
  }

  private static Map<String, float[]> values(Map<String, Tensor> tensors) {
    Map<String, float[]> out = new LinkedHashMap<>();
    tensors.forEach((name, t) -> out.put(name, Tensors.toFloats(t)));
    return out;
  }

  /** Every second matrix is stored transposed, as a linear layer that was turned round is. */
  private PickleWriter pickle(List<String> names) {
    PickleWriter out = new PickleWriter().proto().op('}', '(');
    for (String name : names) {
      long[] shape = Objects.requireNonNull(shapes.get(name));
      long elements = shape.length == 1 ? shape[0] : shape[0] * shape[1];
      long[] strides =
          shape.length == 1
              ? new long[] {1}
              : isTransposed(name) ? new long[] {1, shape[0]} : new long[] {shape[1], 1};
      out.text(name).tensor("FloatStorage", name, elements, 0, shape, strides);
    }
    return out.op('u');
  }

  private boolean isTransposed(String name) {
    return Objects.requireNonNull(shapes.get(name)).length == 2 && name.hashCode() % 2 == 0;
  }

  private Map<String, byte[]> storages(List<String> names) {
    Map<String, byte[]> out = new LinkedHashMap<>();
    for (String name : names) {
      float[] value = Objects.requireNonNull(weights.get(name));
      long[] shape = Objects.requireNonNull(shapes.get(name));
      out.put(name, TestTorch.floats(isTransposed(name) ? turned(value, shape) : value));
    }
    return out;
  }

  private static float[] turned(float[] value, long[] shape) {
    int rows = (int) shape[0];
    int columns = (int) shape[1];
    float[] out = new float[value.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[c * rows + r] = value[r * columns + c];
      }
    }
    return out;
  }

  private Path write(String file, List<String> names) {
    return TestTorch.zip(folder.resolve(file), pickle(names).stop(), storages(names));
  }

  private List<String> names() {
    return new ArrayList<>(weights.keySet());
  }

  private void same() {
    Map<String, float[]> read = values(LOADER.load(folder).transformer().parameters().all());
    assertThat(read).containsOnlyKeys(weights.keySet());
    read.forEach((name, v) -> assertThat(v).as(name).isEqualTo(weights.get(name)));
  }

  @Test
  void a_pytorch_model_bin_is_a_model() {
    write("pytorch_model.bin", names());
    same();
    assertThat(names().stream().filter(this::isTransposed).count()).isBetween(3L, 13L);
  }

  @Test
  void the_only_pt_file_is_a_model_beside_a_trainers_own() throws IOException {
    write("consolidated.pth", names());
    Files.writeString(folder.resolve("optimizer.pt"), "not looked at");
    Files.writeString(folder.resolve("rng_state_0.pth"), "not looked at");
    same();
    write("other.pt", names());
    assertThatThrownBy(() -> LOADER.load(folder))
        .hasMessageContaining("several files that could be its weights: consolidated.pth, other");
  }

  @Test
  void shards_are_read_as_their_index_says() {
    ObjectNode index = Json.object();
    ObjectNode map = index.putObject("weight_map");
    int half = weights.size() / 2;
    List<List<String>> shards =
        List.of(names().subList(0, half), names().subList(half, weights.size()));
    for (int i = 0; i < 2; i++) {
      String file = "pytorch_model-0000" + (i + 1) + "-of-00002.bin";
      write(file, shards.get(i));
      shards.get(i).forEach(name -> map.put(name, file));
    }
    Json.write(folder.resolve("pytorch_model.bin.index.json"), index);
    same();
    assertThat(Inspection.of(folder).problems()).isEmpty();
    assertThat(Inspection.of(folder).files()).hasSize(2);
    map.put("model.norm.weight", "gone.bin");
    Json.write(folder.resolve("pytorch_model.bin.index.json"), index);
    assertThatThrownBy(() -> LOADER.load(folder)).hasMessageContaining("gone.bin is missing");
    assertThat(Inspection.of(folder).problems()).hasSize(1);
  }

  @Test
  void safetensors_come_first_where_both_are_there() throws IOException {
    TestTorch.write(folder.resolve("pytorch_model.bin"), TestTorch.ascii("not looked at"));
    LoadedModel other = LOADER.fresh(config, 2);
    ModelFiles.write(folder, config, other.transformer().parameters().all(), DType.F32);
    weights = values(other.transformer().parameters().all());
    same();
    String hash = Hashes.folder(folder);
    Files.delete(folder.resolve("pytorch_model.bin"));
    assertThat(Hashes.folder(folder)).isEqualTo(hash);
  }

  @Test
  void the_hash_of_a_folder_knows_its_weights() {
    write("pytorch_model.bin", names());
    String hash = Hashes.folder(folder);
    Objects.requireNonNull(weights.get("model.norm.weight"))[0] += 1;
    write("pytorch_model.bin", names());
    assertThat(Hashes.folder(folder)).isNotEqualTo(hash);
  }

  @Test
  void tied_weights_stand_for_each_other() throws IOException {
    config.put("tie_word_embeddings", true);
    Json.write(folder.resolve("config.json"), config);
    weights.remove("lm_head.weight");
    PickleWriter pickle = pickle(names());
    byte[] open = pickle.bytes();
    long[] shape = Objects.requireNonNull(shapes.get("model.embed_tokens.weight"));
    long[] strides =
        isTransposed("model.embed_tokens.weight")
            ? new long[] {1, shape[0]}
            : new long[] {shape[1], 1};
    PickleWriter tied = new PickleWriter().raw(open).op('(').text("lm_head.weight");
    tied.tensor("FloatStorage", "model.embed_tokens.weight", 160, 0, shape, strides).op('u');
    Path file = folder.resolve("pytorch_model.bin");
    TestTorch.zip(file, tied.stop(), storages(names()));
    assertThat(TorchFile.open(file).aliases())
        .isEqualTo(Map.of("lm_head.weight", "model.embed_tokens.weight"));
    same();
  }

  @Test
  void views_of_any_shape_and_dtype_are_read_row_major() {
    Path file = folder.resolve("x.bin");
    PickleWriter pickle =
        new PickleWriter()
            .proto()
            .op('}', '(')
            .text("cube")
            .tensor("FloatStorage", "0", 30, 2, new long[] {2, 3, 2}, new long[] {1, 8, 4})
            .text("expanded")
            .tensor("FloatStorage", "0", 30, 7, new long[] {2, 3}, new long[] {0, 2})
            .op('u');
    TestTorch.zip(file, pickle.stop(), Map.of("0", TestTorch.counting(30)));
    assertThat(floats(file, "cube")).containsExactly(2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23);
    assertThat(floats(file, "expanded")).containsExactly(7, 9, 11, 7, 9, 11);
  }

  private static float[] floats(Path file, String name) {
    TensorInfo info = Objects.requireNonNull(TorchFile.open(file).tensors().get(name));
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(TensorFiles.read(file, info));
    }
  }

  @Test
  void a_foreign_pickle_is_refused_by_all_that_load() {
    Path file = folder.resolve("pytorch_model.bin");
    TestTorch.zip(
        file, new PickleWriter().proto().global("os", "system").text("x").stop(), Map.of());
    assertThatThrownBy(() -> LOADER.load(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("it asks for os.system");
    assertThatThrownBy(() -> Inspection.of(folder)).hasMessageContaining("it asks for os.system");
  }

  @Test
  void a_quantized_folder_keeps_the_rest_as_it_was() throws IOException {
    write("pytorch_model.bin", names());
    Path safe = Files.createDirectory(folder.resolve("safe"));
    ModelFiles.write(safe, config, LOADER.load(folder).transformer().parameters().all(), DType.F32);
    FolderQuantizer quantizer =
        new FolderQuantizer(QuantizationConfig.fourBit(FourBitType.NF4, true, List.of()), 64);
    quantizer.run(folder, folder.resolve("a"), (done, total) -> {});
    quantizer.run(safe, folder.resolve("b"), (done, total) -> {});
    for (var file : SafetensorsIndex.open(folder.resolve("a"))) {
      assertThat(file.path())
          .hasSameBinaryContentAs(folder.resolve("b").resolve(file.path().getFileName()));
    }
  }

  @Test
  void an_adapter_of_older_peft_is_read() throws IOException {
    write("pytorch_model.bin", names());
    Path adapter = Files.createDirectory(folder.resolve("adapter"));
    LoadedModel model = LOADER.lora(folder, LoraSettings.defaults(), 7);
    Map<String, Tensor> trained = model.transformer().adapter().orElseThrow().all();
    Adapters.write(adapter, new AdapterConfig(LoraSettings.defaults(), "base"), trained);
    Path safe = adapter.resolve(Adapters.WEIGHTS);
    Map<String, float[]> values = TensorFiles.readFloats(safe);
    PickleWriter pickle = new PickleWriter().proto().op('}', '(');
    Map<String, byte[]> storages = new LinkedHashMap<>();
    dev.luthier.format.SafetensorsFile.open(safe)
        .tensors()
        .forEach(
            (name, info) -> {
              long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
              long[] strides = {shape[1], 1};
              pickle.text(name).tensor("FloatStorage", name, info.elements(), 0, shape, strides);
              storages.put(name, TestTorch.floats(Objects.requireNonNull(values.get(name))));
            });
    Files.delete(safe);
    TestTorch.zip(adapter.resolve("adapter_model.bin"), pickle.op('u').stop(), storages);
    Map<String, float[]> read =
        values(LOADER.lora(folder, adapter).transformer().adapter().orElseThrow().all());
    assertThat(read).hasSameSizeAs(trained);
    trained.forEach(
        (name, t) -> assertThat(read.get(name)).as(name).isEqualTo(Tensors.toFloats(t)));
  }
}
