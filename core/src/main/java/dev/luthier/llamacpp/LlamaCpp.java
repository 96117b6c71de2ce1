package dev.luthier.llamacpp;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** llama.cpp's library in this process, loaded when first asked for. */
public final class LlamaCpp {
  /**
   * The build whose structures {@link LlamaApi} knows (March 2025). They change from build to
   * build, so no other is taken.
   */
  public static final int BUILD = 4916;

  private static final class Holder {
    static final LlamaCpp INSTANCE = load();
  }

  private final NativeLibrary library;
  private final LlamaApi api;
  private final LlamaLog log = new LlamaLog();

  private LlamaCpp(NativeLibrary library, LlamaApi api) {
    this.library = library;
    this.api = api;
  }

  /**
   * The library, for functions that this package has no Java for (all of {@code ggml_*}).
   *
   * @throws LuthierException if there is none for this machine, or it cannot be loaded
   */
  public static NativeLibrary library() {
    return Holder.INSTANCE.library;
  }

  /** The processor's features that it was compiled for and finds, as it prints them. */
  public static String systemInfo() {
    return api().printSystemInfo().getString(0, "UTF-8").strip();
  }

  /** The jar that carries it, for the class path of a process that is to load it. */
  public static Path jar() {
    return LibraryFile.jar();
  }

  static LlamaApi api() {
    return Holder.INSTANCE.api;
  }

  static LlamaLog log() {
    return Holder.INSTANCE.log;
  }

  /**
   * Does what computes, loads or frees, while no other thread does: two contexts that compute at
   * once give wrong numbers in this build. They would only share the processor.
   */
  static <T extends @Nullable Object> T alone(Supplier<T> work) {
    synchronized (Holder.INSTANCE) {
      log().clear();
      return work.get();
    }
  }

  static void alone(Runnable work) {
    synchronized (Holder.INSTANCE) {
      work.run();
    }
  }

  private static LlamaCpp load() {
    Path file = LibraryFile.unpacked();
    try {
      Map<String, ?> options = Map.of(Library.OPTION_FUNCTION_MAPPER, functionNames());
      NativeLibrary library = NativeLibrary.getInstance(file.toString());
      int build = library.getGlobalVariableAddress("LLAMA_BUILD_NUMBER").getInt(0);
      if (build != BUILD) {
        throw new LuthierException(
            file
                + " is llama.cpp's build "
                + build
                + ", but "
                + BUILD
                + " is wanted. Delete the file, and use the version of de.kherud:llama that the"
                + " root pom.xml names");
      }
      LlamaCpp loaded =
          new LlamaCpp(library, Native.load(file.toString(), LlamaApi.class, options));
      loaded.api.logSet(loaded.log, null);
      loaded.api.backendInit();
      return loaded;
    } catch (UnsatisfiedLinkError e) {
      throw new LuthierException(
          "llama.cpp's library "
              + file
              + " cannot be loaded: "
              + e.getMessage()
              + ". See docs/troubleshooting.md#llama-cpp",
          e);
    }
  }

  /** {@code modelLoadFromFile} is {@code llama_model_load_from_file}. */
  private static com.sun.jna.FunctionMapper functionNames() {
    return (library, method) ->
        "llama_" + method.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
