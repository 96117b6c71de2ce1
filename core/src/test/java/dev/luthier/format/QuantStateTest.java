package dev.luthier.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantStateTest {
  private static final String PLAIN =
      "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"bfloat16\", \"shape\": [384, 128]}";
  private static final String NESTED =
      "{\"quant_type\": \"fp4\", \"blocksize\": 128, \"dtype\": \"float16\", \"shape\": [4096, 11008],"
          + " \"nested_blocksize\": 256, \"nested_dtype\": \"float32\","
          + " \"nested_offset\": 0.018283018842339516}";

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void the_bytes_are_those_of_json_dumps() {
    QuantState plain = new QuantState("nf4", 64, "bfloat16", List.of(384L, 128L), Optional.empty());
    assertThat(new String(plain.toBytes(), StandardCharsets.UTF_8)).isEqualTo(PLAIN);
    QuantState nested =
        new QuantState(
            "fp4",
            128,
            "float16",
            List.of(4096L, 11008L),
            Optional.of(new QuantState.Nested(256, 0.018283018842339516f)));
    assertThat(new String(nested.toBytes(), StandardCharsets.UTF_8)).isEqualTo(NESTED);
    assertThat(QuantState.parse(utf8(PLAIN), "test")).isEqualTo(plain);
    assertThat(QuantState.parse(utf8(NESTED), "test")).isEqualTo(nested);
  }

  @Property
  void what_is_written_is_read(
      @ForAll @IntRange(min = 1) int rows,
      @ForAll @IntRange(min = 1) int columns,
      @ForAll float offset) {
    QuantState state =
        new QuantState(
            "nf4",
            64,
            "float32",
            List.of((long) rows, (long) columns),
            Optional.of(new QuantState.Nested(256, offset)));
    assertThat(QuantState.parse(state.toBytes(), "test")).isEqualTo(state);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"quant_type": "nf4", "blocksize": 64                                                 | line 1
          []                                                                                    | JSON object
          {}                                                                                    | blocksize
          {"quant_type": "nf4", "blocksize": 64, "dtype": "x", "shape": [1, 1], "more": 1}      | more
          {"quant_type": 4, "blocksize": 64, "dtype": "float32", "shape": [1, 1]}               | quant_type is 4
          {"quant_type": "n\\"f4", "blocksize": 64, "dtype": "float32", "shape": [1, 1]}        | quant_type
          {"quant_type": "nf4", "blocksize": 0, "dtype": "float32", "shape": [1, 1]}            | blocksize is 0
          {"quant_type": "nf4", "blocksize": 6e1, "dtype": "float32", "shape": [1, 1]}          | blocksize
          {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": null}             | shape is null
          {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [1]}              | shape is [1]
          {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [1, -1]}          | shape is [1,-1]
          {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [1, 9999999999]}  | shape
          {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [1, 1], "nested_offset": 1} | nested_blocksize
          """)
  void what_is_not_whole_is_refused(String json, String found) {
    assertThatThrownBy(() -> QuantState.parse(utf8(json), "folder: tensor w"))
        .isInstanceOf(LuthierException.class)
        .hasMessageStartingWith("folder: tensor w")
        .hasMessageContaining(found);
  }

  @ParameterizedTest
  @CsvSource({
    "nested_offset, 0.018283018842339516, NaN",
    "nested_offset, 0.018283018842339516, \"1\"",
    "nested_dtype, \"float32\", \"float16\"",
    "nested_blocksize, 256, -256",
  })
  void nested_values_that_cannot_be_are_refused(String key, String from, String to) {
    assertThatThrownBy(() -> QuantState.parse(utf8(NESTED.replace(from, to)), "test"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(key);
  }
}
