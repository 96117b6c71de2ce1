package dev.luthier.llamacpp;

import com.sun.jna.Pointer;
import dev.luthier.LuthierException;
import dev.luthier.format.Gguf;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file as llama.cpp reads it: the weights, mapped, and the vocabulary. What is opened from
 * it is closed with it; after that every call throws {@link IllegalStateException}. For any number
 * of threads.
 *
 * <p>llama.cpp ends the whole process on some faults that it does not foresee in a file or a text:
 * a file or vocabulary that is not trusted yet is opened in a process of its own.
 */
public final class LlamaModel implements AutoCloseable {
  private final Path file;
  private final LlamaApi api = LlamaCpp.api();
  private final Set<LlamaContext> contexts = ConcurrentHashMap.newKeySet();
  private final Set<LlamaAdapter> adapters = ConcurrentHashMap.newKeySet();
  private @Nullable Pointer model;

  private LlamaModel(Path file, Pointer model) {
    this.file = file;
    this.model = model;
  }

  /**
   * Opens a file, for the processor alone.
   *
   * @throws LuthierException if there is no llama.cpp for this machine, or it refuses the file
   */
  public static LlamaModel open(Path gguf) {
    return open(gguf, false);
  }

  /**
   * Opens a file's vocabulary, and none of its weights: only what concerns tokens works.
   *
   * @throws LuthierException as {@link #open}
   */
  public static LlamaModel vocabulary(Path gguf) {
    return open(gguf, true);
  }

  private static LlamaModel open(Path gguf, boolean vocabularyOnly) {
    Gguf.open(gguf); // its complaints are clearer, and llama.cpp prints some to stderr only
    LlamaApi api = LlamaCpp.api();
    LlamaApi.ModelParams params = api.modelDefaultParams();
    params.gpuLayers = 0;
    params.vocabularyOnly = vocabularyOnly ? LlamaApi.TRUE : LlamaApi.FALSE;
    Pointer model = LlamaCpp.alone(() -> api.modelLoadFromFile(path(gguf), params));
    if (model == null) {
      throw new LuthierException(
          "llama.cpp (build "
              + LlamaCpp.BUILD
              + ") does not open "
              + gguf
              + ": "
              + LlamaCpp.log().said()
              + ". See docs/troubleshooting.md#llama-cpp");
    }
    return new LlamaModel(gguf, model);
  }

  /** A C string. */
  private static byte[] path(Path file) {
    byte[] bytes = file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, bytes.length + 1);
  }

  /**
   * Makes room to run the model in.
   *
   * @throws LuthierException if llama.cpp cannot
   */
  public synchronized LlamaContext context(LlamaSettings settings) {
    LlamaApi.ContextParams params = api.contextDefaultParams();
    params.context = settings.contextLength();
    params.batch = settings.batch();
    params.microBatch = settings.batch();
    params.sequences = settings.sequences();
    params.threads = settings.threads();
    params.batchThreads = settings.threads();
    params.pooling = LlamaContext.NO_POOLING;
    params.keyType = settings.exact() ? LlamaContext.F32 : LlamaContext.F16;
    params.valueType = params.keyType;
    Pointer pointer = LlamaCpp.alone(() -> api.initFromModel(pointer(), params));
    if (pointer == null) {
      throw new LuthierException(
          "llama.cpp cannot run " + file + " with " + settings + ": " + LlamaCpp.log().said());
    }
    LlamaContext context = new LlamaContext(this, pointer, settings, contexts);
    contexts.add(context);
    return context;
  }

  /**
   * Reads a LoRA adapter's GGUF file. It has no effect until a context uses it.
   *
   * @throws LuthierException if llama.cpp refuses it, such as for another architecture's
   */
  public synchronized LlamaAdapter adapter(Path gguf) {
    Pointer adapter = LlamaCpp.alone(() -> api.adapterLoraInit(pointer(), path(gguf)));
    if (adapter == null) {
      throw new LuthierException(
          "llama.cpp does not take the adapter "
              + gguf
              + " for "
              + file
              + ": "
              + LlamaCpp.log().said());
    }
    LlamaAdapter loaded = new LlamaAdapter(gguf, adapter, adapters);
    adapters.add(loaded);
    return loaded;
  }

  /** V, rows without a token included. */
  public int vocabularySize() {
    return api.vocabNTokens(vocabulary());
  }

  /** The longest sequence that it was trained on. */
  public int contextLength() {
    return api.modelNCtxTrain(pointer());
  }

  /** D. */
  public int hiddenSize() {
    return api.modelNEmbd(pointer());
  }

  /** Whether an encoder reads the text and a decoder goes on from what it read (T5). */
  public boolean hasEncoder() {
    return api.modelHasEncoder(pointer()) != 0;
  }

  /** The id that a decoder starts from, beside an encoder; -1 for none. */
  public int decoderStart() {
    return api.modelDecoderStartToken(pointer());
  }

  /** Whether this id ends a text. */
  public boolean endsText(int id) {
    return api.vocabIsEog(vocabulary(), id) != 0;
  }

  /**
   * A text's ids.
   *
   * @param special whether BOS and EOS are added where the file says so
   * @param parse whether the text of a special token is that token, instead of its letters
   */
  public int[] tokenize(String text, boolean special, boolean parse) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length + 8];
    int count = tokenize(bytes, ids, special, parse);
    if (count < 0) {
      ids = new int[-count];
      count = tokenize(bytes, ids, special, parse);
    }
    return Arrays.copyOf(ids, count);
  }

  private int tokenize(byte[] text, int[] ids, boolean special, boolean parse) {
    return api.tokenize(
        vocabulary(), text, text.length, ids, ids.length, flag(special), flag(parse));
  }

  /**
   * The ids' text.
   *
   * @param special whether special tokens are written too
   */
  public String detokenize(int[] ids, boolean special) {
    byte[] text = new byte[ids.length * 8 + 16];
    int length = detokenize(ids, text, special);
    if (length < 0) {
      text = new byte[-length];
      length = detokenize(ids, text, special);
    }
    return new String(text, 0, length, StandardCharsets.UTF_8);
  }

  private int detokenize(int[] ids, byte[] text, boolean special) {
    byte unparse = flag(special);
    return api.detokenize(
        vocabulary(), ids, ids.length, text, text.length, flag(!special), unparse);
  }

  private static byte flag(boolean on) {
    return on ? LlamaApi.TRUE : LlamaApi.FALSE;
  }

  Pointer vocabulary() {
    return api.modelGetVocab(pointer());
  }

  private synchronized Pointer pointer() {
    Pointer open = model;
    if (open == null) {
      throw new IllegalStateException(file + " has been closed");
    }
    return open;
  }

  /** Waits for what its contexts are doing, then frees them, the adapters and the weights. */
  @Override
  public synchronized void close() {
    Pointer open = model;
    if (open != null) {
      contexts.forEach(LlamaContext::close);
      adapters.forEach(LlamaAdapter::close);
      model = null;
      LlamaCpp.alone(() -> api.modelFree(open));
    }
  }
}
