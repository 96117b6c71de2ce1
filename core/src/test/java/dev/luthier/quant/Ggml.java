package dev.luthier.quant;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import dev.luthier.format.GgufType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** ggml's own quantizer, out of the native library of llama.cpp's Java binding. */
final class Ggml {
  private static final C LIBRARY = load();

  private Ggml() {}

  /** The functions used here. */
  public interface C extends Library {
    /** Fills the tables of 16-bit floats. */
    Pointer ggml_init(Parameters.ByValue parameters);

    /** Quantizes whole rows; returns the bytes written. */
    long ggml_quantize_chunk(
        int type,
        float[] in,
        byte[] out,
        long start,
        long rows,
        long columns,
        float @Nullable [] importance);
  }

  /** {@code ggml_init_params}. */
  @Structure.FieldOrder({"size", "buffer", "noAlloc"})
  public static class Parameters extends Structure {
    /** Passed as it is, not by its address. */
    public static final class ByValue extends Parameters implements Structure.ByValue {}

    public long size = 1024;
    public Pointer buffer = Pointer.NULL;
    public byte noAlloc = 1;
  }

  private static C load() {
    try (InputStream in = Ggml.class.getResourceAsStream("/de/kherud/llama/" + platform())) {
      Path library = Files.createTempFile("ggml", ".so");
      library.toFile().deleteOnExit();
      Files.write(library, in.readAllBytes());
      C loaded = Native.load(library.toString(), C.class);
      loaded.ggml_init(new Parameters.ByValue());
      return loaded;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String platform() {
    return "Linux/" + System.getProperty("os.arch").replace("amd64", "x86_64") + "/libjllama.so";
  }

  /** Rows as ggml quantizes them. */
  static byte[] quantize(GgufType type, float[] in, int columns, float[] importance) {
    byte[] out = new byte[in.length * 4];
    long bytes =
        LIBRARY.ggml_quantize_chunk(
            type.code(),
            in,
            out,
            0,
            in.length / columns,
            columns,
            importance.length == 0 ? null : importance);
    return Arrays.copyOf(out, (int) bytes);
  }
}
