package dev.luthier.tensor;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which instruction set oneDNN's kernels use for bfloat16 products. It takes the best that the
 * processor has, up to {@code ONEDNN_MAX_CPU_ISA} in the environment; figures compare only where it
 * is the same. Names and order are those of oneDNN's "CPU Dispatcher Control".
 */
public final class OneDnn {
  /** An instruction set and the processor's flags, in Linux' words, that it takes. */
  private record Isa(String name, List<String> flags) {}

  private static final List<Isa> ASCENDING =
      List.of(
          new Isa("SSE41", List.of("sse4_1")),
          new Isa("AVX", List.of("avx")),
          new Isa("AVX2", List.of("avx2")),
          new Isa("AVX2_VNNI", List.of("avx2", "avx_vnni")),
          new Isa("AVX512_CORE", List.of("avx512f", "avx512bw", "avx512vl", "avx512dq")),
          new Isa("AVX512_CORE_VNNI", List.of("avx512f", "avx512_vnni")),
          new Isa("AVX512_CORE_BF16", List.of("avx512f", "avx512_bf16")),
          new Isa("AVX512_CORE_FP16", List.of("avx512f", "avx512_bf16", "avx512_fp16")),
          new Isa("AVX512_CORE_AMX", List.of("avx512_fp16", "amx_tile", "amx_int8", "amx_bf16")),
          new Isa("AVX512_CORE_AMX_FP16", List.of("amx_bf16", "amx_fp16")));

  private OneDnn() {}

  /** The variable that caps it, as it is set; "" if it is not. */
  public static String cap() {
    String cap = System.getenv("ONEDNN_MAX_CPU_ISA");
    return cap == null ? System.getenv().getOrDefault("DNNL_MAX_CPU_ISA", "") : cap;
  }

  /** The instruction set in effect in this process; "" where oneDNN has no names for it. */
  public static String isa() {
    return isa(Native.processorFlags(), cap());
  }

  /** The same for these flags under this cap. */
  static String isa(Set<String> flags, String cap) {
    String best = "";
    for (Isa isa : ASCENDING) {
      if (flags.containsAll(isa.flags())) {
        best = isa.name();
      }
      if (isa.name().equals(cap.toUpperCase(Locale.ROOT))) {
        break;
      }
    }
    return best;
  }
}
