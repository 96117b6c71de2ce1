package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.format.GgufType;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blocks that llama.cpp packed, and what it dequantized them to: the same to the last bit. */
@Tag("interop")
class GgufOracleTest {
  @ParameterizedTest
  @CsvSource({
    "q4_0, Q4_0", "q4_1, Q4_1", "q5_0, Q5_0", "q5_1, Q5_1", "q8_0, Q8_0",
    "q2_K, Q2_K", "q3_K, Q3_K", "q4_K, Q4_K", "q5_K, Q5_K", "q6_K, Q6_K",
    "iq4_nl, IQ4_NL", "iq4_xs, IQ4_XS", "tq1_0, TQ1_0", "tq2_0, TQ2_0"
  })
  void dequantized_values_are_llama_cpps(String file, GgufType type) throws IOException {
    byte[] bytes = Files.readAllBytes(Assets.path("oracle-llamacpp/ggml-quants/" + file + ".bin"));
    float[] expected = Assets.floats("oracle-llamacpp/ggml-quants/" + file + ".dequant.f32");
    try (PointerScope scope = new PointerScope()) {
      GgufMatrix matrix = new GgufMatrix(type, 768, Tensors.uint8(bytes, 64, bytes.length / 64));
      float[] found = Tensors.toFloats(matrix.dequantize(ScalarType.Float));
      assertThat(found).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "f16, F16", "bf16, BF16", "q4_0, Q4_0", "q4_1, Q4_1", "q5_0, Q5_0", "q5_1, Q5_1",
    "q8_0, Q8_0", "q2_K, Q2_K", "q3_K, Q3_K", "q4_K, Q4_K", "q5_K, Q5_K", "q6_K, Q6_K",
    "iq4_nl, IQ4_NL", "iq4_xs, IQ4_XS"
  })
  void packed_bytes_are_llama_cpps(String file, GgufType type) throws IOException {
    byte[] expected =
        Files.readAllBytes(Assets.path("oracle-llamacpp/ggml-quants/" + file + ".bin"));
    GgufEncoder encoder = new GgufEncoder(type, 768, new float[0]);
    byte[] found = new byte[64 * encoder.rowBytes()];
    encoder.encode(Assets.floats("oracle-llamacpp/ggml-quants/source.f32"), 64, found);
    assertThat(found).isEqualTo(expected);
  }
}
