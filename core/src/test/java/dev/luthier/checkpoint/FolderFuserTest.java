package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.nn.LoraSettings;
import dev.luthier.quant.QuantSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderFuserTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @TempDir private Path temp = Path.of("");

  private Path base(int blocks, DType dtype) throws IOException {
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":512,"intermediate_size":1408,"vocab_size":64,
             "num_attention_heads":8,"num_key_value_heads":8,"max_position_embeddings":64,
             "tie_word_embeddings":true,"initializer_range":0.02}
            """,
            "the test's configuration");
    config.put("num_hidden_layers", blocks);
    Path folder = Files.createDirectories(temp.resolve("base"));
    LoadedModel model = LOADER.patterned(config, Optional.empty(), 3);
    ModelFiles.write(folder, config, model.transformer().parameters().all(), dtype);
    model.transformer().parameters().all().values().forEach(Tensors::release);
    return folder;
  }

  private Path adapter(Path base) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("adapter"));
    LoadedModel model = LOADER.lora(base, LoraSettings.defaults(), 7);
    Adapters.write(
        folder,
        new AdapterConfig(LoraSettings.defaults(), "base"),
        model.transformer().adapter().orElseThrow().all());
    model.transformer().parameters().all().values().forEach(Tensors::release);
    return folder;
  }

  @Test
  void its_memory_does_not_grow_with_the_model() throws IOException {
    Path base = base(12, DType.F32);
    Path adapter = adapter(base);
    Path output = Files.createDirectories(temp.resolve("output"));
    System.gc();
    assertThat(Memory.resetPeak()).isTrue();
    long before = Memory.peakResident();
    new FolderFuser(base, adapter, Optional.of(QuantSettings.defaults())).write(output);
    long bytes = Files.size(output.resolve("model.safetensors"));
    assertThat(bytes).isGreaterThan(140L << 20);
    assertThat(Memory.peakResident() - before).isLessThan(50L << 20);
  }

  @Test
  void each_tensor_keeps_the_dtype_that_the_base_stores_it_in() throws IOException {
    Path base = base(1, DType.BF16);
    Path output = Files.createDirectories(temp.resolve("output"));
    DType stored =
        new FolderFuser(base, adapter(base), Optional.of(QuantSettings.defaults())).write(output);
    assertThat(stored).isEqualTo(DType.BF16);
    SafetensorsFile before = SafetensorsFile.open(base.resolve("model.safetensors"));
    SafetensorsFile after = SafetensorsFile.open(output.resolve("model.safetensors"));
    assertThat(after.tensors()).isEqualTo(before.tensors());
    assertThat(Json.read(output.resolve("config.json")).path("torch_dtype").asText())
        .isEqualTo("bfloat16");
  }
}
