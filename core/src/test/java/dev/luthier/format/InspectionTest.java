package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectionTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private void model() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\"}");
    SafetensorsShards.write(
        folder,
        List.of(
            TestTensors.entry("embed", DType.F32, 10, 2),
            TestTensors.entry("norm", DType.BF16, 2),
            TestTensors.entry("a\u001B[2J", DType.BF16, 1)),
        Map.of("format", "pt", "lm_head", "embed"),
        80);
  }

  @Test
  void a_sharded_model_is_counted_over_its_files() throws IOException {
    model();
    Inspection in = Inspection.of(folder);
    assertThat(in.kind()).isEqualTo("model");
    assertThat(in.files()).hasSize(2);
    assertThat(in.parameters()).isEqualTo(23);
    assertThat(in.bytes()).isEqualTo(86);
    assertThat(in.bytesPerDtype()).isEqualTo(Map.of(DType.F32, 80L, DType.BF16, 6L));
    assertThat(in.aliases()).isEqualTo(Map.of("lm_head", "embed"));
    assertThat(in.problems()).isEmpty();
    assertThat(in.toJson())
        .containsEntry("parameters", 23L)
        .containsEntry("bytesPerDtype", Map.of("F32", 80L, "BF16", 6L))
        .containsEntry("configs", Map.of("config.json", Json.object().put("model_type", "llama")));
    assertThat(in.toJson().get("tensors"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
        .contains(
            Map.of(
                "name",
                "norm",
                "dtype",
                "BF16",
                "shape",
                List.of(2L),
                "bytes",
                4L,
                "file",
                "model-00002-of-00002.safetensors"));
  }

  @Test
  void the_text_is_one_line_per_tensor_and_cannot_steer_the_terminal() throws IOException {
    model();
    assertThat(Inspection.of(folder).toText().lines())
        .containsExactly(
            "config.json",
            "{",
            "  \"model_type\": \"llama\"",
            "}",
            "model-00001-of-00002.safetensors",
            "  format = pt",
            "  lm_head = embed",
            "model-00002-of-00002.safetensors",
            "  format = pt",
            "  lm_head = embed",
            "embed       F32  [10, 2]",
            "a\\u001b[2J  BF16  [1]",
            "norm        BF16  [2]",
            "lm_head is embed",
            "3 tensors, 23 parameters, 86 bytes; F32 80; BF16 6");
  }

  @Test
  void a_missing_shard_is_a_problem_and_the_rest_is_still_shown() throws IOException {
    model();
    Files.delete(folder.resolve("model-00001-of-00002.safetensors"));
    Inspection in = Inspection.of(folder);
    assertThat(in.problems()).singleElement().asString().contains("00001-of-00002", "is missing");
    assertThat(in.parameters()).isEqualTo(3);
  }

  @Test
  void adapters_single_files_and_json_files_are_told_apart() throws IOException {
    Path file = folder.resolve("adapter_model.safetensors");
    SafetensorsWriter.write(file, List.of(TestTensors.entry("w", DType.F32, 2)), Map.of());
    assertThat(Inspection.of(folder).kind()).isEqualTo("folder");
    assertThat(Inspection.of(file).kind()).isEqualTo("safetensors");
    Files.writeString(folder.resolve("adapter_config.json"), "{\"r\": 8}");
    assertThat(Inspection.of(folder).kind()).isEqualTo("adapter");
    assertThat(Inspection.of(folder).configs()).containsOnlyKeys("adapter_config.json");
    Inspection json = Inspection.of(folder.resolve("adapter_config.json"));
    assertThat(json.kind()).isEqualTo("json");
    assertThat(json.toText()).isEqualTo("adapter_config.json\n{\n  \"r\": 8\n}\n");
  }

  @Test
  void what_is_none_of_these_is_refused() throws IOException {
    assertThatThrownBy(() -> Inspection.of(folder.resolve("x")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("found nothing");
    Files.writeString(folder.resolve("x.txt"), "x");
    assertThatThrownBy(() -> Inspection.of(folder)).hasMessageContaining("a folder with x.txt");
    assertThatThrownBy(() -> Inspection.of(folder.resolve("x.txt")))
        .hasMessageContaining("found another file");
  }
}
