package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds where tokens stand in a text from their ids alone, for tokenizers whose tokens spell the
 * text out: byte-level BPE (GPT-2, Llama 3, Qwen) and SentencePiece-style BPE with a space put
 * before each stretch between added tokens (Llama 2). Asking the Rust library for the places costs
 * as much as tokenizing: it makes an object for each token, through JNI.
 *
 * <p>Such tokenizers cut the text into pieces and leave nothing out, so that the tokens' lengths
 * say where each stands, and must add up to the text's. That they do is certain where the
 * vocabulary has every byte and no normalizer can have changed the text. Elsewhere the tokens'
 * bytes must also be the text's, one after the other. Where something is amiss (a normalizer
 * changed the text, an unknown token stands for some of it, a token takes white space in), there is
 * no answer and the library is asked.
 */
final class TokenPlaces {
  /** How the tokens of a vocabulary spell text. */
  enum Spelling {
    /** A letter of GPT-2's for each byte. */
    BYTES,
    /** The same of the text in Unicode's composed form (NFC). */
    COMPOSED_BYTES,
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
        return keepsText ? BYTES : COMPOSED_BYTES;
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

  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");
  private static final int ADDED = 1 << 15;
  private static final int LONGEST = ADDED - 1;

  private final Spelling spelling;

  /** Whether nothing can be left out: each byte has a token, and so has {@code ▁}. */
  private final boolean complete;

  /** What the tokens spell, one after the other, and where each begins. */
  private final byte[] bytes;

  private final int[] from;

  /**
   * For each id how many bytes it spells, 0 where that is not known, and whether text begins anew
   * after it ({@link #ADDED}). Small, since ids come in no order and each look costs a cache line.
   */
  private final short[] lengths;

  private TokenPlaces(
      Spelling spelling, boolean complete, byte[] bytes, int[] from, short[] lengths) {
    this.spelling = spelling;
    this.complete = complete;
    this.bytes = bytes;
    this.from = from;
    this.lengths = lengths;
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
    int[] from = new int[size];
    short[] lengths = new short[size];
    BitSet single = new BitSet(256);
    boolean space = !spaced;
    int end = 0;
    for (int id = 0; id < size; id++) {
      String token = tokens.get(id);
      JsonNode special = addedTokens.get(id);
      if (token == null) {
        continue; // a hole in the vocabulary
      }
      byte @Nullable [] spelt = spell(token, special, spaced);
      if (spelt != null && spelt.length <= LONGEST) {
        if (end + spelt.length > all.length) {
          all = Arrays.copyOf(all, 2 * all.length + spelt.length);
        }
        System.arraycopy(spelt, 0, all, end, spelt.length);
        from[id] = end;
        lengths[id] = (short) ((special == null ? 0 : ADDED) | spelt.length);
        boolean stands = special == null && spelt.length == 1;
        space |= stands && token.equals("▁");
        if (stands && (!spaced || BYTE.matcher(token).matches())) {
          single.set(spelt[0] & 0xFF);
        }
        end += spelt.length;
      }
    }
    return Optional.of(
        new TokenPlaces(
            spelling,
            space && single.cardinality() == 256,
            Arrays.copyOf(all, end),
            from,
            lengths));
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
    if (BYTE.matcher(token).matches()) {
      return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
    }
    return token.replace('▁', ' ').getBytes(StandardCharsets.UTF_8);
  }

  Spelling spelling() {
    return spelling;
  }

  /** Whether every text can be spelt, so that no token stands for what is unknown. */
  boolean complete() {
    return complete;
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
    boolean spaced = spelling == Spelling.SPACED;
    boolean anew = spaced;
    int at = 0;
    for (int t = 0; t < ids.length; t++) {
      int entry = ids[t] < lengths.length ? lengths[ids[t]] : 0;
      boolean added = (entry & ADDED) != 0;
      int count = entry & LONGEST;
      if (count == 0) {
        return null;
      }
      starts[t] = at;
      at += anew && !added ? count - 1 : count;
      ends[t] = at;
      anew = spaced && added;
    }
    if (at != utf8.length || !(certain(text, utf8.length) || spell(utf8, ids, starts, ends))) {
      return null;
    }
    if (utf8.length > text.length()) {
      toUnits(text, utf8.length, starts, ends);
    } else if (spaced) {
      widenEmpty(starts, ends);
    }
    return new Encoding(ids, starts, ends);
  }

  private boolean certain(String text, int size) {
    return complete
        && switch (spelling) {
          case BYTES -> true;
          case COMPOSED_BYTES -> size == text.length();
          default -> text.indexOf('▁') < 0;
        };
  }

  /** Whether the tokens' bytes are the text's, but for the spaces put before stretches of it. */
  private boolean spell(byte[] utf8, int[] ids, int[] starts, int[] ends) {
    for (int t = 0; t < ids.length; t++) {
      int begin = from[ids[t]];
      int extra = (lengths[ids[t]] & LONGEST) - (ends[t] - starts[t]);
      boolean space = extra == 0 || bytes[begin] == ' ';
      int after = begin + extra + ends[t] - starts[t];
      if (!space || !Arrays.equals(bytes, begin + extra, after, utf8, starts[t], ends[t])) {
        return false;
      }
    }
    return true;
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
