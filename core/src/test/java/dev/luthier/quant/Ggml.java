package dev.luthier.quant;

import dev.luthier.format.GgufType;
import dev.luthier.llamacpp.LlamaCpp;
import java.util.Arrays;

/** ggml's own quantizer, out of the native library of llama.cpp's Java binding. */
final class Ggml {
  private Ggml() {}

  /** Rows as ggml quantizes them. */
  static byte[] quantize(GgufType type, float[] in, int columns, float[] importance) {
    byte[] out = new byte[in.length * 4];
    Object[] arguments = {
      type.code(),
      in,
      out,
      0L,
      (long) (in.length / columns),
      (long) columns,
      importance.length == 0 ? null : importance
    };
    long bytes = LlamaCpp.library().getFunction("ggml_quantize_chunk").invokeLong(arguments);
    return Arrays.copyOf(out, (int) bytes);
  }
}
