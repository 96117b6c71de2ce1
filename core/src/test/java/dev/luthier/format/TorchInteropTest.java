package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that PyTorch wrote. */
@Tag("interop")
class TorchInteropTest {
  private static final String ADAPTERS = "adapter-peft-regression-0.6.1/";

  @ParameterizedTest
  @CsvSource({
    "model-tinypellm-ptbin/pytorch_model.bin, 23, 598272",
    "model-torchtune-tiny/tiny_fair_checkpoint.pt, 21, 89504",
  })
  void every_tensor_is_there_and_within_the_file(String name, int tensors, long elements) {
    TorchFile file = TorchFile.open(Assets.path(name));
    assertThat(file.tensors()).hasSize(tensors);
    assertThat(file.tensors().values().stream().mapToLong(TensorInfo::elements).sum())
        .isEqualTo(elements);
    assertThat(file.tensors().values()).allMatch(t -> t.dtype() == DType.F32);
  }

  @Test
  void norms_of_a_trained_model_are_near_one_and_its_embedding_near_zero() {
    TorchFile file = TorchFile.open(Assets.path("model-tinypellm-ptbin/pytorch_model.bin"));
    file.tensors()
        .forEach(
            (name, info) -> {
              double mean = 0;
              for (float v : floats(file, info)) {
                mean += v / info.elements();
              }
              boolean norm = name.matches(".*(ln1|ln2|norm)\\.weight");
              assertThat(mean).as(name).isBetween(norm ? 0.8 : -0.2, norm ? 1.2 : 0.2);
            });
  }

  private static float[] floats(TorchFile file, TensorInfo info) {
    float[] out = new float[(int) info.elements()];
    ByteBuffer.wrap(TestTensors.read(file, info))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(out);
    return out;
  }

  @ParameterizedTest
  @CsvSource({"lora_mlp", "ia3_mlp", "lora_emb_conv1d"})
  void pefts_own_adapters_open(String name) throws IOException {
    Path path = Assets.path(ADAPTERS + name + "/adapter_model.bin");
    Map<String, TensorInfo> tensors = TorchFile.open(path).tensors();
    assertThat(tensors).isNotEmpty();
    assertThat(tensors.keySet()).allMatch(n -> n.startsWith("base_model.model."));
  }
}
