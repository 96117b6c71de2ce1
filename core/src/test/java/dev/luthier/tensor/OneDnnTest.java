package dev.luthier.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class OneDnnTest {
  private static final Set<String> SAPPHIRE_RAPIDS =
      Set.of(
          "sse4_1",
          "avx",
          "avx2",
          "avx_vnni",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512dq",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_int8",
          "amx_bf16");

  @Test
  void takes_the_best_that_the_processor_has() {
    assertThat(OneDnn.isa(SAPPHIRE_RAPIDS, "")).isEqualTo("AVX512_CORE_AMX");
    assertThat(OneDnn.isa(Set.of("sse4_1", "avx", "avx2", "fma"), "")).isEqualTo("AVX2");
  }

  @Test
  void stops_at_the_cap() {
    assertThat(OneDnn.isa(SAPPHIRE_RAPIDS, "AVX512_CORE_BF16")).isEqualTo("AVX512_CORE_BF16");
    assertThat(OneDnn.isa(SAPPHIRE_RAPIDS, "avx2")).isEqualTo("AVX2");
    assertThat(OneDnn.isa(SAPPHIRE_RAPIDS, "DEFAULT")).isEqualTo("AVX512_CORE_AMX");
    assertThat(OneDnn.isa(Set.of("avx", "sse4_1"), "AVX512_CORE_AMX")).isEqualTo("AVX");
  }

  @Test
  void has_no_name_for_processors_that_onednn_does_not_dispatch_on() {
    assertThat(OneDnn.isa(Set.of("asimd", "bf16"), "")).isEmpty();
  }
}
