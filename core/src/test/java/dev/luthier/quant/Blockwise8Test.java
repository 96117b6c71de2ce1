package dev.luthier.quant;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Blockwise8Test {
  private static DynamicMap map(boolean signed) {
    return signed ? DynamicMap.signed() : DynamicMap.unsigned();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_map_is_256_rising_values_with_zero_and_one(boolean signed) {
    float[] values = map(signed).values();
    assertThat(values).hasSize(256).isSorted().doesNotHaveDuplicates().contains(0f).endsWith(1f);
    assertThat(values[0]).isEqualTo(signed ? -0.99296874f : 0f);
  }

  /** Each decade holds twice as many values as the one below it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void steps_grow_by_the_decade(boolean signed) {
    for (int decade = 0; decade < 7; decade++) {
      double high = Math.pow(10, decade - 6);
      long inside = 0;
      for (float v : map(signed).values()) {
        inside += v > high / 10 && v < high ? 1 : 0;
      }
      assertThat(inside).isEqualTo((signed ? 1L : 2L) << decade);
    }
  }

  @Property
  void a_code_is_that_of_the_nearest_value_and_the_lower_of_two(
      @ForAll @FloatRange(min = -1.01f, max = 1.01f) float x, @ForAll boolean signed) {
    assertThat(map(signed).code(x)).isEqualTo(nearest(map(signed), x));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void values_midpoints_and_their_neighbours_have_the_right_codes(boolean signed) {
    DynamicMap map = map(signed);
    for (int i = 0; i < 256; i++) {
      assertThat(map.code(map.value(i))).isEqualTo(i);
      if (i < 255) {
        float middle = (map.value(i) + map.value(i + 1)) / 2;
        assertThat(map.code(middle)).isEqualTo(i);
        assertThat(map.code(Math.nextUp(middle))).isEqualTo(i + 1);
        assertThat(map.code(Math.nextDown(middle))).isEqualTo(i);
      }
    }
    assertThat(map.code(-0f)).isEqualTo(map.code(0f));
  }

  private static int nearest(DynamicMap map, float x) {
    int code = 0;
    while (code < 255 && x > (map.value(code) + map.value(code + 1)) / 2) {
      code++;
    }
    return code;
  }

  @Property
  void a_value_comes_back_within_half_a_step_of_its_block(
      @ForAll @Size(min = 1, max = 700) float[] x,
      @ForAll @IntRange(min = 1, max = 300) int block) {
    float[] finite = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      finite[i] = Math.abs(x[i]) < 1e30f ? x[i] : 1;
    }
    byte[] codes = new byte[x.length];
    float[] absmax = new float[(x.length + block - 1) / block];
    float[] back = new float[x.length];
    DynamicMap map = DynamicMap.signed();
    Blockwise8.quantize(finite, x.length, block, map, codes, absmax);
    Blockwise8.dequantize(codes, x.length, block, map, absmax, back);
    for (int i = 0; i < x.length; i++) {
      float scale = absmax[i / block];
      assertThat(Math.abs(finite[i])).isLessThanOrEqualTo(scale);
      // The widest step is that from 0.979 to 0.993, and from there to -1, which is not a value.
      assertThat((double) back[i])
          .isCloseTo(finite[i], org.assertj.core.data.Offset.offset(0.00705 * scale));
      if (finite[i] == scale) {
        assertThat(back[i]).isEqualTo(scale);
      }
    }
  }

  @Test
  void a_block_of_zeros_stays_zero() {
    byte[] codes = new byte[3];
    float[] absmax = {7};
    float[] back = {1, 1, 1};
    Blockwise8.quantize(new float[3], 3, 256, DynamicMap.signed(), codes, absmax);
    Blockwise8.dequantize(codes, 3, 256, DynamicMap.signed(), absmax, back);
    assertThat(absmax).containsExactly(0);
    assertThat(back).containsExactly(0, 0, 0);
  }
}
