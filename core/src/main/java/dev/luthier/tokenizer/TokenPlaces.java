package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds where tokens stand in a text from their ids alone, for tokenizers whose tokens spell the
 * text out: byte-level BPE (GPT-2, Llama 3, Qwen) and SentencePiece-style BPE with a space put
 * before each stretch between added tokens (Llama 2). Asking the Rust library for the places costs
 * as much as tokenizing: it makes an object for each token, through JNI.
 *
 * <p>The tokens' bytes must be the text's, one after the other, to the last one. Then no other
 * places are possible. Where they are not (a normalizer changed the text, an unknown token stands
 * for some of it, a token takes white space in), there is no answer and the library is asked.
 */
final class TokenPlaces {
  /** How the tokens of a vocabulary spell text. */
  enum Spelling {
    /** A letter of GPT-2's for each byte. */
    BYTES,
    /** {@code ▁} for a space, one more of which stands before each stretch of text. */
    SPACED,
    /** Neither. */
    OTHER;

    static Spelling of(String model, JsonNode normalizer, JsonNode preTokenizer, JsonNode decoder) {
      boolean keepsText = normalizer.isNull() || normalizer.isMissingNode();
      boolean composes = normalizer.path("type").asText().equals("NFC");
      if (!model.equals("BPE")) {
        return OTHER;
      }
      if ((keepsText || composes)
          && decoder.path("type").asText().equals("ByteLevel")
          && preTokenizer.findValuesAsText("type").contains("ByteLevel")) {
        return BYTES;
      }
      boolean whole = preTokenizer.isNull() || preTokenizer.isMissingNode();
      return whole && putsSpaces(normalizer) ? SPACED : OTHER;
    }

    private static boolean putsSpaces(JsonNode normalizer) {
      JsonNode steps = normalizer.path("normalizers");
      JsonNode prepend = steps.path(0);
      JsonNode replace = steps.path(1);
      return steps.size() == 2
          && prepend.path("type").asText().equals("Prepend")
          && prepend.path("prepend").asText().equals("▁")
          && replace.path("type").asText().equals("Replace")
          && replace.path("pattern").path("String").asText().equals(" ")
          && replace.path("content").asText().equals("▁");
    }
  }

  private static final int UNKNOWN = -1;

  private final boolean spaced;

  /** What each id spells: {@code bytes[start[id] .. start[id] + length[id])}. */
  private final byte[] bytes;

  private final int[] start;
  private final int[] length;

  /** Whether text begins anew after this id. */
  private final boolean[] added;

  private TokenPlaces(boolean spaced, byte[] bytes, int[] start, int[] length, boolean[] added) {
    this.spaced = spaced;
    this.bytes = bytes;
    this.start = start;
    this.length = length;
    this.added = added;
  }

  /**
   * @param tokens all tokens by id, as the vocabulary writes them
   * @param addedTokens those of tokenizer.json's {@code added_tokens}, by id
   * @return empty for tokenizers that spell otherwise
   */
  static Optional<TokenPlaces> of(
      Spelling spelling, Map<Integer, String> tokens, Map<Integer, JsonNode> addedTokens) {
    if (spelling == Spelling.OTHER) {
      return Optional.empty();
    }
    boolean spaced = spelling == Spelling.SPACED;
    int size = tokens.keySet().stream().mapToInt(id -> id).max().orElse(-1) + 1;
    byte[] all = new byte[8 * size];
    int[] start = new int[size];
    int[] length = new int[size];
    boolean[] added = new boolean[size];
    Arrays.fill(length, UNKNOWN);
    int end = 0;
    for (int id = 0; id < size; id++) {
      String token = tokens.get(id);
      JsonNode special = addedTokens.get(id);
      added[id] = special != null;
      byte @Nullable [] spelt = token == null ? null : spell(token, special, spaced);
      if (spelt != null) {
        if (end + spelt.length > all.length) {
          all = Arrays.copyOf(all, 2 * all.length + spelt.length);
        }
        System.arraycopy(spelt, 0, all, end, spelt.length);
        start[id] = end;
        length[id] = spelt.length;
        end += spelt.length;
      }
    }
    return Optional.of(new TokenPlaces(spaced, Arrays.copyOf(all, end), start, length, added));
  }

  private static byte @Nullable [] spell(String token, @Nullable JsonNode added, boolean spaced) {
    if (added != null) {
      boolean asIs =
          !added.path("lstrip").asBoolean()
              && !added.path("rstrip").asBoolean()
              && !added.path("single_word").asBoolean()
              && !(spaced && added.path("normalized").asBoolean());
      return asIs ? token.getBytes(StandardCharsets.UTF_8) : null;
    }
    if (!spaced) {
      return ByteLetters.read(token);
    }
    if (token.length() == 6 && token.startsWith("<0x") && token.endsWith(">")) {
      return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
    }
    return token.replace('▁', ' ').getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The tokens with their places.
   *
   * @param text without halves of surrogate pairs
   * @return null where the tokens do not spell the text
   */
  @Nullable Encoding find(String text, int[] ids) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    boolean anew = spaced;
    int at = 0;
    for (int t = 0; t < ids.length; t++) {
      int id = ids[t];
      if (id >= length.length || length[id] <= 0) {
        return null;
      }
      int from = start[id];
      int count = length[id];
      if (anew && !added[id]) {
        if (bytes[from] != ' ') {
          return null;
        }
        from++;
        count--;
      }
      anew = spaced && added[id];
      if (at + count > utf8.length
          || !Arrays.equals(bytes, from, from + count, utf8, at, at + count)) {
        return null;
      }
      starts[t] = at;
      at += count;
      ends[t] = at;
    }
    if (at != utf8.length) {
      return null;
    }
    if (utf8.length == text.length()) {
      widenEmpty(starts, ends);
    } else {
      toUnits(text, utf8.length, starts, ends);
    }
    return new Encoding(ids, starts, ends);
  }

  /** A token that is nothing but the space put before a text stands at the character after it. */
  private static void widenEmpty(int[] starts, int[] ends) {
    for (int t = 0; t < starts.length; t++) {
      if (starts[t] == ends[t]) {
        ends[t]++;
      }
    }
  }

  /** From bytes to UTF-16 units; a token that spells a part of a character spans all of it. */
  private static void toUnits(String text, int size, int[] starts, int[] ends) {
    int[] first = new int[size + 1];
    int[] after = new int[size + 1];
    int at = 0;
    int unit = 0;
    while (unit < text.length()) {
      int point = text.codePointAt(unit);
      int next = unit + Character.charCount(point);
      int width = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      for (int i = 0; i < width; i++) {
        first[at] = unit;
        after[at++] = next;
      }
      unit = next;
    }
    for (int t = 0; t < starts.length; t++) {
      int last = Math.max(starts[t], ends[t] - 1);
      starts[t] = first[starts[t]];
      ends[t] = after[last];
    }
  }
}
