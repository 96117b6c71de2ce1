package dev.luthier.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.luthier.LuthierException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Optional;
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

  private final long handle;

  /**
   * @param json the content of a tokenizer.json
   * @param where the file's name for messages
   */
  NativeTokenizer(String json, String where) {
    NativeLibrary.load();
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

  int[] ids(String text, boolean addSpecialTokens) {
    long encoding = encodeNative(text, addSpecialTokens);
    try {
      return toInts(TokenizersLibrary.LIB.getTokenIds(encoding));
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /**
   * Ids with spans in UTF-16 units.
   *
   * @param places what may know the spans without asking the library
   */
  Encoding encode(String text, boolean addSpecialTokens, Optional<TokenPlaces> places) {
    long encoding = encodeNative(text, addSpecialTokens);
    try {
      int[] ids = toInts(TokenizersLibrary.LIB.getTokenIds(encoding));
      return places
          .map(known -> known.find(text, ids))
          .orElseGet(() -> Utf16.fromCodePoints(text, spans(encoding, ids)));
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /** Spans in code points, as Rust counts characters. */
  private static Encoding spans(long encoding, int[] ids) {
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
