package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsShardsTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private static List<SafetensorsWriter.Entry> tensorsOfEveryType() {
    List<SafetensorsWriter.Entry> out = new ArrayList<>();
    for (DType type : DType.values()) {
      out.add(TestTensors.entry("t." + type, type, 3, 5));
      out.add(TestTensors.entry("scalar." + type, type));
      out.add(TestTensors.entry("empty." + type, type, 4, 0));
    }
    return out;
  }

  @Test
  void a_small_model_is_one_file_and_reads_back_byte_for_byte() {
    List<Path> written =
        SafetensorsShards.write(folder, tensorsOfEveryType(), Map.of("format", "pt"), 1 << 20);

    assertThat(written).containsExactly(folder.resolve("model.safetensors"));
    List<SafetensorsFile> files = SafetensorsIndex.open(folder);
    assertThat(files).hasSize(1);
    assertThat(files.get(0).metadata()).containsExactly(Map.entry("format", "pt"));
    assertThat(TestTensors.contents(files)).isEqualTo(TestTensors.expected(tensorsOfEveryType()));
  }

  @Test
  void a_large_model_is_shards_with_an_index_and_reads_back_byte_for_byte() {
    List<SafetensorsWriter.Entry> entries = tensorsOfEveryType();
    List<Path> written = SafetensorsShards.write(folder, entries, Map.of("format", "pt"), 100);

    assertThat(written.get(0))
        .hasFileName("model-00001-of-%05d.safetensors".formatted(written.size() - 1));
    assertThat(written.get(written.size() - 1)).hasFileName("model.safetensors.index.json");
    List<SafetensorsFile> files = SafetensorsIndex.open(folder);
    assertThat(files).hasSize(written.size() - 1).hasSizeGreaterThan(2);
    assertThat(TestTensors.contents(files)).isEqualTo(TestTensors.expected(entries));
    assertThat(
            Json.read(folder.resolve("model.safetensors.index.json"))
                .at("/metadata/total_size")
                .asLong())
        .isEqualTo(entries.stream().mapToLong(SafetensorsWriter.Entry::length).sum());
  }

  @Test
  void a_tensor_larger_than_a_shard_gets_its_own() {
    SafetensorsShards.write(
        folder,
        List.of(
            TestTensors.entry("a", DType.U8, 10),
            TestTensors.entry("b", DType.U8, 1000),
            TestTensors.entry("c", DType.U8, 10)),
        Map.of(),
        100);
    assertThat(SafetensorsIndex.open(folder))
        .extracting(f -> f.tensors().keySet().iterator().next())
        .containsExactly("a", "b", "c");
  }

  @Test
  void an_earlier_save_of_another_layout_leaves_nothing_behind() {
    List<SafetensorsWriter.Entry> old = List.of(TestTensors.entry("old", DType.F32, 30));
    SafetensorsShards.write(folder, old, Map.of(), 1000);
    SafetensorsShards.write(folder, tensorsOfEveryType(), Map.of(), 100);
    assertThat(TestTensors.contents(SafetensorsIndex.open(folder))).doesNotContainKey("old");

    SafetensorsShards.write(folder, old, Map.of(), 1000);
    assertThat(SafetensorsIndex.names(folder)).containsExactly("model.safetensors");
  }

  @Test
  void all_that_is_wrong_with_an_index_is_said_at_once() throws IOException {
    SafetensorsWriter.write(
        folder.resolve("one.safetensors"), List.of(TestTensors.entry("a", DType.U8, 1)), Map.of());
    SafetensorsWriter.write(
        folder.resolve("two.safetensors"), List.of(TestTensors.entry("a", DType.U8, 1)), Map.of());
    Files.write(folder.resolve("cut.safetensors"), new byte[] {1, 2, 3});
    index(
        Map.of(
            "a", "one.safetensors",
            "b", "one.safetensors",
            "c", "two.safetensors",
            "d", "gone.safetensors",
            "e", "../outside.safetensors",
            "f", "cut.safetensors",
            "g", "/etc/passwd"));

    assertThatThrownBy(() -> SafetensorsIndex.open(folder))
        .isInstanceOf(LuthierException.class)
        .hasMessageContainingAll(
            "model.safetensors.index.json",
            "tensor b is not in one.safetensors",
            "tensor c is not in two.safetensors",
            "tensor a is in one.safetensors and in two.safetensors",
            "gone.safetensors is missing (1 tensors)",
            "tensor e: expected the name of a .safetensors file in the folder",
            "\"../outside.safetensors\"",
            "\"/etc/passwd\"",
            "cut.safetensors is not a whole safetensors file: it has 3 bytes");
  }

  @Test
  void a_folder_without_weights_is_listed() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{}");
    assertThatThrownBy(() -> SafetensorsIndex.open(folder))
        .hasMessageContainingAll(
            "expected model.safetensors or model.safetensors.index.json", "found config.json");
    assertThatThrownBy(() -> ModelWeights.open(folder))
        .hasMessageContainingAll(
            "expected model.safetensors, pytorch_model.bin, an index of shards of either",
            "found config.json");
    assertThatThrownBy(() -> SafetensorsIndex.open(folder.resolve("nowhere")))
        .hasMessageContaining("nowhere does not exist");
  }

  private void index(Map<String, String> weightMap) {
    var json = Json.object();
    var map = json.putObject("weight_map");
    new TreeMap<>(weightMap).forEach(map::put);
    Json.write(folder.resolve("model.safetensors.index.json"), json);
  }
}
