package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.quant.FourBitMatrix;
import dev.luthier.quant.FourBitType;
import dev.luthier.quant.Int8Matrix;
import dev.luthier.quant.QuantizedMatrix;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizedTensorsTest {
  private static final String NAME = "model.layers.0.mlp.up_proj.weight";

  @TempDir private Path folder = Path.of("");

  private static Tensor weight(int rows, int columns) {
    Random random = new Random(rows);
    float[] x = new float[rows * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return Tensors.floats(x, Device.CPU, rows, columns).to(ScalarType.BFloat16);
  }

  private static FourBitMatrix nf4(boolean doubleQuant) {
    return FourBitMatrix.quantize("w", weight(48, 40), FourBitType.NF4, 64, doubleQuant);
  }

  private Path write(List<SafetensorsWriter.Entry> entries) {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(file, entries, Map.of("format", "pt"));
    return file;
  }

  private static FileSource source(Path file) {
    return new FileSource(file.toString(), List.of(SafetensorsFile.open(file)), n -> n);
  }

  @ParameterizedTest
  @CsvSource({
    "nf4, true, U8",
    "nf4, false, U8",
    "fp4, true, BF16",
    "fp4, false, F16",
    "nf4, true, F32"
  })
  void a_matrix_written_read_and_written_again_is_the_same_file(
      String type, boolean doubleQuant, DType storage) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      FourBitMatrix matrix =
          FourBitMatrix.quantize(
              "w", weight(48, 40), FourBitType.named(type).orElseThrow(), 32, doubleQuant);
      Path file = write(QuantizedTensors.entries(NAME, matrix, storage));
      byte[] once = Files.readAllBytes(file);
      FileSource source = source(file);
      assertThat(source.info(NAME).orElseThrow().shape())
          .containsExactly(960L / storage.bytes(), 1L);
      assertThat(QuantizedTensors.has(source, NAME)).isTrue();
      QuantizedMatrix read = QuantizedTensors.read(source, NAME);
      assertThat(source.unused()).isEmpty();
      assertThat(read.dtype()).isEqualTo(ScalarType.BFloat16);
      assertThat(read.dequantize(ScalarType.Float).equal(matrix.dequantize(ScalarType.Float)))
          .isTrue();
      write(QuantizedTensors.entries(NAME, read, storage));
      assertThat(Files.readAllBytes(file)).isEqualTo(once);
    }
  }

  @Test
  void an_int8_matrix_written_read_and_written_again_is_the_same_file() throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Int8Matrix matrix = Int8Matrix.quantize("w", weight(48, 40));
      Path file = write(QuantizedTensors.entries(NAME, matrix, DType.U8));
      byte[] once = Files.readAllBytes(file);
      FileSource source = source(file);
      assertThat(source.names())
          .containsExactlyInAnyOrder(
              NAME, "model.layers.0.mlp.up_proj.SCB", "model.layers.0.mlp.up_proj.weight_format");
      QuantizedMatrix read = QuantizedTensors.read(source, NAME);
      assertThat(source.unused()).isEmpty();
      assertThat(read.dequantize(ScalarType.Float).equal(matrix.dequantize(ScalarType.Float)))
          .isTrue();
      write(QuantizedTensors.entries(NAME, read, DType.U8));
      assertThat(Files.readAllBytes(file)).isEqualTo(once);
    }
  }

  @Test
  void a_float_matrix_is_not_quantized() {
    try (PointerScope scope = new PointerScope()) {
      Path file = write(TensorFiles.entries(Map.of(NAME, weight(4, 4)), null));
      assertThat(QuantizedTensors.has(source(file), NAME)).isFalse();
    }
  }

  @Test
  void codes_that_do_not_fill_the_storage_dtype_are_refused_by_name() {
    try (PointerScope scope = new PointerScope()) {
      FourBitMatrix matrix = FourBitMatrix.quantize("w", weight(3, 3), FourBitType.NF4, 64, false);
      assertThatThrownBy(() -> QuantizedTensors.entries(NAME, matrix, DType.F32))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining(NAME);
    }
  }

  /** Each row replaces one tensor of a good file; what "-" stands for is left out. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          true  |                            | U8  | 959  | weight: it has 959 bytes
          true  |                            | -   | 0    | weight: it is missing
          false | .absmax                    | F32 | 29   | .absmax: it is F32 [29]; expected F32 with 30
          false | .absmax                    | U8  | 30   | .absmax: it is U8 [30]
          false | .absmax                    | -   | 0    | .absmax: it is missing
          true  | .absmax                    | U8  | 31   | .absmax: it is U8 [31]
          true  | .nested_absmax             | F32 | 2    | .nested_absmax
          true  | .nested_absmax             | -   | 0    | .nested_absmax: it is missing
          true  | .nested_quant_map          | F32 | 255  | .nested_quant_map
          true  | .quant_map                 | F32 | 17   | .quant_map
          true  | .quant_map                 | F32 | 16   | .quant_map: value 0 is 0.0
          true  | .quant_state.bitsandbytes__nf4 | U8 | 7 | .quant_state.bitsandbytes__nf4
          true  | .quant_state.bitsandbytes__nf4 | F32 | 7 | .quant_state.bitsandbytes__nf4
          true  | .quant_state.bitsandbytes__nf4 | U8 | 70000 | .quant_state.bitsandbytes__nf4
          """)
  void a_tensor_that_does_not_fit_the_others_is_refused_by_name(
      boolean doubleQuant, String suffix, String dtype, int elements, String message) {
    try (PointerScope scope = new PointerScope()) {
      String bad = NAME + (suffix == null ? "" : suffix);
      List<SafetensorsWriter.Entry> entries =
          new ArrayList<>(QuantizedTensors.entries(NAME, nf4(doubleQuant), DType.U8));
      assertThat(entries.removeIf(e -> e.name().equals(bad))).isTrue();
      if (!dtype.equals("-")) {
        DType as = DType.valueOf(dtype);
        Tensor zeros = Tensors.floats(new float[elements], Device.CPU, elements);
        entries.add(TensorFiles.entry(bad, new long[] {elements}, as, () -> zeros));
      }
      refused(entries, message);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nf4, fp4, quant_type is fp4",
    "64, 65, blocksize 65",
    "64, 16, blocksize 16",
    "64, 32, .absmax",
    "bfloat16, float64, dtype float64",
    "'[48, 40]', '[48, 39]', weight: it has 960 bytes; its quant_state asks for 936",
    "'[48, 40]', '[2147483647, 2147483647]', .absmax",
  })
  void a_state_that_does_not_fit_is_refused_by_name(String from, String to, String message) {
    try (PointerScope scope = new PointerScope()) {
      List<SafetensorsWriter.Entry> entries =
          new ArrayList<>(QuantizedTensors.entries(NAME, nf4(false), DType.U8));
      String state = NAME + ".quant_state.bitsandbytes__nf4";
      byte[] json =
          "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"bfloat16\", \"shape\": [48, 40]}"
              .replace(from, to)
              .getBytes(StandardCharsets.UTF_8);
      entries.removeIf(e -> e.name().equals(state));
      entries.addAll(TensorFiles.entries(Map.of(state, Tensors.uint8(json, json.length)), null));
      refused(entries, message);
    }
  }

  @ParameterizedTest
  @CsvSource({"SCB, 47, SCB: it is F32 [47]", "weight_format, 1, weight_format: it is not 0"})
  void an_int8_tensor_that_does_not_fit_is_refused_by_name(
      String name, int elements, String message) {
    try (PointerScope scope = new PointerScope()) {
      String bad = NAME.replace("up_proj.weight", "up_proj." + name);
      List<SafetensorsWriter.Entry> entries =
          new ArrayList<>(
              QuantizedTensors.entries(NAME, Int8Matrix.quantize("w", weight(48, 40)), DType.U8));
      entries.removeIf(e -> e.name().equals(bad));
      Tensor ones =
          Tensors.floats(new float[elements], Device.CPU, elements).add(Tensors.scalar(1));
      DType as = name.equals("SCB") ? DType.F32 : DType.U8;
      entries.add(TensorFiles.entry(bad, new long[] {elements}, as, () -> ones));
      refused(entries, message);
    }
  }

  private void refused(List<SafetensorsWriter.Entry> entries, String message) {
    FileSource source = source(write(entries));
    assertThatThrownBy(() -> QuantizedTensors.read(source, NAME))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining("up_proj")
        .hasMessageContaining(message);
  }
}
