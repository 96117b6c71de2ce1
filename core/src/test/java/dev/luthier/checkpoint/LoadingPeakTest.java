package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.ChildJvm;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.PickleWriter;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.format.SafetensorsShards;
import dev.luthier.format.TensorInfo;
import dev.luthier.format.TestTorch;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Memory;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Loading a checkpoint of many shards peaks below what was resident before, the model, and one
 * shard.
 */
class LoadingPeakTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final long SHARD = 4_000_000;

  @TempDir private Path temp = Path.of("");

  /** A folder of shards; those of PyTorch say the same as those of safetensors. */
  private Path folder(int blocks, boolean pickled) throws IOException {
    ObjectNode config =
        Json.parse(
            """
            {"model_type":"llama","hidden_size":512,"intermediate_size":1408,"vocab_size":64,
             "num_attention_heads":8,"num_key_value_heads":8,"max_position_embeddings":64,
             "tie_word_embeddings":true,"initializer_range":0.02}
            """,
            "the test's configuration");
    config.put("num_hidden_layers", blocks);
    Path folder = Files.createDirectories(temp.resolve(blocks + "-" + pickled));
    Map<String, Tensor> weights =
        LOADER.patterned(config, Optional.empty(), 3).transformer().parameters().all();
    SafetensorsShards.write(folder, TensorFiles.entries(weights, DType.F32), Map.of(), SHARD);
    weights.values().forEach(Tensors::release);
    Json.write(folder.resolve("config.json"), config);
    if (pickled) {
      pickle(folder);
    }
    return folder;
  }

  private static void pickle(Path folder) throws IOException {
    ObjectNode index = Json.object();
    ObjectNode map = index.putObject("weight_map");
    for (SafetensorsFile file : SafetensorsIndex.open(folder)) {
      PickleWriter pickle = new PickleWriter().proto().op('}', '(');
      Map<String, byte[]> storages = new LinkedHashMap<>();
      String name =
          String.valueOf(file.path().getFileName())
              .replace("model-", "pytorch_model-")
              .replace(".safetensors", ".bin");
      for (TensorInfo info : file.tensors().values()) {
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        long[] strides = shape.length == 1 ? new long[] {1} : new long[] {shape[1], 1};
        pickle
            .text(info.name())
            .tensor("FloatStorage", info.name(), info.elements(), 0, shape, strides);
        storages.put(info.name(), bytes(file.path(), info));
        map.put(info.name(), name);
      }
      TestTorch.zip(folder.resolve(name), pickle.op('u').stop(), storages);
      Files.delete(file.path());
    }
    Files.delete(folder.resolve("model.safetensors.index.json"));
    Json.write(folder.resolve("pytorch_model.bin.index.json"), index);
  }

  private static byte[] bytes(Path file, TensorInfo info) throws IOException {
    ByteBuffer out = ByteBuffer.allocate((int) info.length());
    try (FileChannel channel = FileChannel.open(file)) {
      channel.read(out, info.offset());
    }
    return out.array();
  }

  private void peaksBelowModelAndShard(boolean pickled) throws IOException, InterruptedException {
    Path folder = folder(14, pickled);
    assertThat(shards(folder)).isGreaterThanOrEqualTo(40);
    String small = folder(1, pickled).toString();
    String[] grown = ChildJvm.run(Child.class, small, folder.toString()).split(" ");
    long bytes = Long.parseLong(grown[1]);
    assertThat(Long.parseLong(grown[0])).isBetween(bytes - SHARD, bytes + SHARD);
  }

  /** Loads a small model, then a large one, and prints its growth and the large one's bytes. */
  static final class Child {
    private Child() {}

    public static void main(String[] folders) {
      release(LOADER.load(Path.of(folders[0])));
      System.gc();
      Memory.trim();
      assertThat(Memory.resetPeak()).isTrue();
      long before = Memory.peakResident();
      LoadedModel model = LOADER.load(Path.of(folders[1]));
      long grown = Memory.peakResident() - before;
      long bytes =
          model.transformer().parameters().all().values().stream().mapToLong(Tensor::nbytes).sum();
      System.out.println(grown + " " + bytes);
    }
  }

  private static long shards(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(f -> f.toString().matches(".*-of-.*")).count();
    }
  }

  private static void release(LoadedModel model) {
    model.transformer().parameters().all().values().forEach(Tensors::release);
  }

  @Test
  void of_safetensors() throws IOException, InterruptedException {
    peaksBelowModelAndShard(false);
  }

  @Test
  void of_pytorch() throws IOException, InterruptedException {
    peaksBelowModelAndShard(true);
  }
}
