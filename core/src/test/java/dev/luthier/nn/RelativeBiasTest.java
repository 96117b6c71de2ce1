package dev.luthier.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.tensor.Device;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelativeBiasTest {
  private static RelativeBias bias(boolean bothWays) {
    return new RelativeBias(torch.zeros(32, 2), 128, bothWays, ScalarType.Float, Device.CPU);
  }

  @Test
  void near_distances_have_a_bucket_each_and_far_ones_share() {
    try (PointerScope scope = new PointerScope()) {
      RelativeBias causal = bias(false);
      assertThat(new int[] {causal.bucket(3), causal.bucket(0), causal.bucket(-15)})
          .containsExactly(0, 0, 15);
      // 16 + 16 * log(n / 16) / log(128 / 16), cut off: half of the way to 128 at 45.3
      assertThat(new int[] {causal.bucket(-45), causal.bucket(-46), causal.bucket(-900)})
          .containsExactly(23, 24, 31);
      RelativeBias both = bias(true);
      assertThat(new int[] {both.bucket(-7), both.bucket(7), both.bucket(-900), both.bucket(900)})
          .containsExactly(7, 23, 15, 31);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 70, 70", "false, 70, 70", "false, 1, 90", "false, 5, 60", "true, 1, 1"})
  void each_pair_has_the_bucket_of_its_distance(boolean bothWays, int queries, int keys) {
    try (PointerScope scope = new PointerScope()) {
      RelativeBias bias = bias(bothWays);
      long[] buckets = bias.buckets(queries, keys);
      for (int q = 0; q < queries; q++) {
        for (int k = 0; k < keys; k++) {
          int position = keys - queries + q;
          assertThat(buckets[q * keys + k]).isEqualTo(bias.bucket(k - position));
        }
      }
    }
  }
}
