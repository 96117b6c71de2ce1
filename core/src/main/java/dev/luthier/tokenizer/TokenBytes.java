package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What each token adds to a text, in bytes of UTF-8; a token may hold a part of a character. The
 * bytes of several tokens, one after the other, are what {@link Tokenizer#decode} makes of them,
 * but for the space that SentencePiece and WordPiece leave out at the very beginning.
 *
 * <p>{@code Ġthe} is {@code " the"} in a byte-level vocabulary, {@code ▁the} the same in
 * SentencePiece's, where {@code <0xE4>} is one byte.
 */
public final class TokenBytes {
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  /** What WordPiece's decoder does with pieces of punctuation, in its order. */
  private static final List<String> CLEANED =
      List.of(" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're");

  private final byte[][] bytes;

  private TokenBytes(byte[][] bytes) {
    this.bytes = bytes;
  }

  /**
   * @param size one more than the largest id
   * @param decoder tokenizer.json's
   */
  static TokenBytes of(int size, Map<Integer, String> tokens, JsonNode decoder) {
    Function<String, byte[]> spelling = spelling(decoder);
    byte[][] bytes = new byte[size][0];
    tokens.forEach((id, token) -> bytes[id] = spelling.apply(token));
    return new TokenBytes(bytes);
  }

  /** One more than the largest id. */
  public int size() {
    return bytes.length;
  }

  /** A token's bytes, not to be changed; none for an id that no token has. */
  public byte[] of(int id) {
    return bytes[id];
  }

  private static Function<String, byte[]> spelling(JsonNode decoder) {
    List<JsonNode> steps = new ArrayList<>();
    if (decoder.path("type").asText().equals("Sequence")) {
      decoder.path("decoders").forEach(steps::add);
    } else {
      steps.add(decoder);
    }
    Function<String, String> text = Function.identity();
    boolean fallback = false;
    boolean spelt = false;
    for (JsonNode step : steps) {
      switch (step.path("type").asText()) {
        case "ByteLevel" -> {
          return TokenBytes::letters;
        }
        case "Metaspace" -> {
          text = text.andThen(replacing(step.path("replacement").asText("▁"), " "));
          spelt = true;
        }
        case "Replace" -> {
          JsonNode from = step.path("pattern").path("String");
          if (from.isMissingNode()) {
            throw unknown(step);
          }
          text = text.andThen(replacing(from.asText(), step.path("content").asText()));
          spelt = true;
        }
        case "WordPiece" -> {
          text = text.andThen(wordPiece(step));
          spelt = true;
        }
        case "ByteFallback" -> fallback = true;
        case "Fuse", "Strip" -> {
          // of the whole text: its first space
        }
        default -> throw unknown(step);
      }
    }
    if (!spelt) {
      throw unknown(decoder);
    }
    Function<String, byte[]> utf8 = text.andThen(t -> t.getBytes(StandardCharsets.UTF_8));
    return fallback
        ? token -> BYTE.matcher(token).matches() ? one(token) : utf8.apply(token)
        : utf8;
  }

  private static byte[] letters(String token) {
    byte @Nullable [] read = ByteLetters.read(token);
    return read == null ? token.getBytes(StandardCharsets.UTF_8) : read;
  }

  private static byte[] one(String token) {
    return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
  }

  private static Function<String, String> replacing(String from, String to) {
    return token -> token.replace(from, to);
  }

  private static Function<String, String> wordPiece(JsonNode step) {
    String prefix = step.path("prefix").asText("##");
    boolean cleanup = step.path("cleanup").asBoolean(true);
    return token -> {
      if (token.startsWith(prefix)) {
        return token.substring(prefix.length());
      }
      String spaced = " " + token;
      return cleanup && CLEANED.contains(spaced) ? token : spaced;
    };
  }

  private static LuthierException unknown(JsonNode decoder) {
    return new LuthierException(
        "the tokenizer's decoder is "
            + (decoder.isMissingNode() || decoder.isNull() ? "missing" : decoder)
            + ", so that tokens do not spell a text one after the other; expected ByteLevel,"
            + " Metaspace, WordPiece or Replace with ByteFallback. Without it no text can be kept"
            + " to a form; ask without one");
  }
}
