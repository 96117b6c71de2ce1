package dev.luthier.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import ai.djl.util.Utils;
import dev.luthier.LuthierException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * The Rust tokenizer behind DJL's native methods. DJL's own {@code HuggingFaceTokenizer} is passed
 * by: it reports usage over the network, and it changes texts by settings of its own.
 *
 * <p>Safe for several threads: the Rust object is immutable but for a cache under a lock. Freed
 * when this object is no longer reachable.
 */
final class NativeTokenizer {
  private static final Cleaner CLEANER = Cleaner.create();

  static {
    // Must stand before the first DJL class: no usage report, no download, the processor's build.
    setIfAbsent("OPT_OUT_TRACKING", "true");
    setIfAbsent("ai.djl.offline", "true");
    setIfAbsent("RUST_FLAVOR", "cpu");
  }

  private final long handle;

  /**
   * @param json the content of a tokenizer.json
   * @param where the file's name for messages
   */
  NativeTokenizer(String json, String where) {
    loadLibrary();
    try {
      handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new LuthierException(
          where
              + ": the tokenizers library cannot read this tokenizer.json ("
              + e.getMessage()
              + "). Was it written by a newer version of Hugging Face tokenizers than 0.21?",
          e);
    }
    long owned = handle;
    CLEANER.register(this, () -> TokenizersLibrary.LIB.deleteTokenizer(owned));
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * DJL unpacks the library into {@code ~/.djl.ai/tokenizers} once ({@code java.io.tmpdir} where
   * the home folder is read-only; {@code ENGINE_CACHE_DIR} or {@code DJL_CACHE_DIR}, as environment
   * or system properties, name another folder).
   */
  private static void loadLibrary() {
    try {
      LibUtils.checkStatus();
    } catch (RuntimeException | LinkageError e) {
      throw new LuthierException(
          "The tokenizers library could not be loaded: "
              + rootMessage(e)
              + ". It is unpacked into "
              + Utils.getEngineCacheDir("tokenizers")
              + ", which must be writable and allow executing; set the environment variable"
              + " ENGINE_CACHE_DIR to a folder that is. There are builds for Linux and macOS on"
              + " x86_64 (Linux) and arm64, and for Windows on x86_64; this is "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch"),
          e);
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return root.toString();
  }

  int[] ids(String text, boolean addSpecialTokens) {
    long encoding = encodeNative(text, addSpecialTokens);
    try {
      return toInts(TokenizersLibrary.LIB.getTokenIds(encoding));
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /** Ids with spans in code points, as Rust counts characters; {@link Encoding} has UTF-16. */
  Encoding encode(String text, boolean addSpecialTokens) {
    long encoding = encodeNative(text, addSpecialTokens);
    try {
      int[] ids = toInts(TokenizersLibrary.LIB.getTokenIds(encoding));
      CharSpan[] spans = TokenizersLibrary.LIB.getTokenCharSpans(encoding);
      int[] starts = new int[ids.length];
      int[] ends = new int[ids.length];
      int last = 0;
      for (int i = 0; i < ids.length; i++) {
        @Nullable CharSpan span = spans[i];
        // The library gives no span for tokens that come from no text.
        starts[i] = span == null ? last : span.getStart();
        ends[i] = span == null ? last : span.getEnd();
        last = ends[i];
      }
      return new Encoding(ids, starts, ends);
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  String decode(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    try {
      return TokenizersLibrary.LIB.decode(handle, wide, skipSpecialTokens);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private long encodeNative(String text, boolean addSpecialTokens) {
    try {
      return TokenizersLibrary.LIB.encode(handle, text, addSpecialTokens);
    } catch (RuntimeException e) {
      throw new LuthierException(
          "The tokenizer refused a text of " + text.length() + " characters: " + e.getMessage(), e);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private static int[] toInts(long[] wide) {
    int[] ids = new int[wide.length];
    for (int i = 0; i < wide.length; i++) {
      ids[i] = Math.toIntExact(wide[i]);
    }
    return ids;
  }
}
