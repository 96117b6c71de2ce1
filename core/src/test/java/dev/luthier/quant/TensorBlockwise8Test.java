package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorBlockwise8Test {
  /** Magnitudes over many decades, a block of zeros, and the ends of odd lengths. */
  private static float[] values(int n, boolean signed) {
    SplittableRandom random = new SplittableRandom(n);
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      double x = Math.pow(10, random.nextDouble(-12, 2)) * (random.nextBoolean() ? 1 : -1);
      out[i] = i / 256 == 2 ? 0 : (float) (signed ? x : Math.abs(x));
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource({"1, true", "256, false", "100003, true", "100003, false", "400000, true"})
  void tensors_have_the_codes_of_arrays_on_every_device(int n, boolean signed) {
    float[] x = values(n, signed);
    DynamicMap map = signed ? DynamicMap.signed() : DynamicMap.unsigned();
    byte[] codes = new byte[n];
    float[] absmax = new float[(int) TensorBlockwise8.blocks(n)];
    float[] back = new float[n];
    Blockwise8.quantize(x, n, 256, map, codes, absmax);
    Blockwise8.dequantize(codes, n, 256, map, absmax, back);
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor in = Tensors.floats(x, Device.CPU, n);
      for (boolean device : new boolean[] {false, true}) {
        Tensor c = torch.empty(new long[] {n}, Tensors.options(ScalarType.Byte, Device.CPU), null);
        Tensor a = torch.empty(absmax.length);
        Tensor out = torch.empty(n);
        if (device) {
          TensorBlockwise8.quantizeOnDevice(in, map, c, a);
          TensorBlockwise8.dequantizeOnDevice(c, a, map, out);
        } else {
          TensorBlockwise8.quantize(in, map, c, a);
          TensorBlockwise8.dequantize(c, a, map, out);
        }
        byte[] actual = new byte[n];
        Tensors.bytes(c).get(actual);
        assertThat(Arrays.equals(actual, codes)).isTrue();
        assertThat(Tensors.toFloats(a)).isEqualTo(absmax);
        assertThat(Tensors.toFloats(out)).isEqualTo(back);
      }
    }
  }
}
