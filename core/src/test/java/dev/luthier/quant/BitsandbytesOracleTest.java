package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Kernels;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What bitsandbytes made of one of the story model's matrices, byte for byte. */
@Tag("interop")
class BitsandbytesOracleTest {
  private static final String ROOT = "oracle-bitsandbytes/";

  private static FourBitMatrix quantize(FourBitType type, boolean doubleQuant) {
    Tensor weight = Tensors.floats(Assets.floats(ROOT + "source.f32"), Device.CPU, 384, 128);
    return FourBitMatrix.quantize("gate_proj", weight, type, 64, doubleQuant);
  }

  private static byte[] bytes(Tensor t) {
    byte[] out = new byte[(int) t.nbytes()];
    Tensors.bytes(t).get(out);
    return out;
  }

  private static byte[] asset(String name) throws IOException {
    return Files.readAllBytes(Assets.path(ROOT + name));
  }

  @Test
  void the_signed_dynamic_map_is_bitsandbytes_own() {
    assertThat(DynamicMap.signed().values())
        .containsExactly(Assets.floats(ROOT + "dynamic_map.f32"));
  }

  @ParameterizedTest
  @EnumSource
  void without_kernels_values_are_bitsandbytes_own_too(FourBitType type) throws Exception {
    try (PointerScope scope = new PointerScope();
        AutoCloseable off = Kernels.suspended()) {
      Tensor values = quantize(type, false).dequantize(ScalarType.Float);
      assertThat(bytes(values)).isEqualTo(asset(type + ".dequant.f32"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void codes_magnitudes_and_values_are_bitsandbytes_own(FourBitType type) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      FourBitMatrix matrix = quantize(type, false);
      assertThat(bytes(matrix.packed())).isEqualTo(asset(type + ".packed.u8"));
      assertThat(bytes(matrix.absmax().tensors().get(0))).isEqualTo(asset("absmax.f32"));
      assertThat(bytes(matrix.dequantize(ScalarType.Float)))
          .isEqualTo(asset(type + ".dequant.f32"));
    }
  }

  @Test
  void nested_magnitudes_are_bitsandbytes_own() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      NestedAbsmax nested = (NestedAbsmax) quantize(FourBitType.NF4, true).absmax();
      assertThat(bytes(nested.codes())).isEqualTo(asset("nested.absmax.u8"));
      assertThat(bytes(nested.absmax())).isEqualTo(asset("nested.absmax2.f32"));
      assertThat((double) nested.offset())
          .isEqualTo(Assets.json(ROOT + "info.json").get("nested_offset").asDouble());
      float[] back = new float[768];
      nested.reader().get(0, back.length, back);
      assertThat(back).containsExactly(Assets.floats(ROOT + "nested.absmax.dequant.f32"));
    }
  }
}
