package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.tokenizer.TokenPlaces.Spelling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Remembers the ids of the words that a text is made of, so that the library is asked once for each
 * word and not at each of its occurrences. The ids are the library's, always.
 *
 * <p>A text is cut before a space that has an ASCII letter, a digit or one of {@code ,.;:?!} on its
 * left and an ASCII letter or a digit on its right: {@code "So, what is 2+2?\n\nIt is"} into {@code
 * "So,"}, {@code " what"}, {@code " is"}, {@code " 2+2?\n\nIt"}, {@code " is"}. What the library
 * does on one side of such a cut never depends on the other side:
 *
 * <ul>
 *   <li>Added tokens: none may reach over a cut or end or begin beside one, and none may look at
 *       what stands around it ({@code lstrip}, {@code rstrip}, {@code single_word}).
 *   <li>Normalizers: NFC composes nothing with a space; replacing spaces is done one by one.
 *   <li>Byte-level BPE: its {@link #PATTERNS} match none of those characters together with a space
 *       after it and never look back; they look ahead only from white space, which a part before a
 *       cut does not end with. So a piece ends at each cut, and pieces are tokenized alone.
 *   <li>SentencePiece-style BPE has no pieces, but merges make tokens of the vocabulary: where none
 *       has one of those characters before its {@code ▁}, no merge reaches over a cut. The space
 *       that is put before a text stands for the one at the cut, which is left out.
 * </ul>
 *
 * <p>Other tokenizers have none. Safe for use by many threads.
 */
final class WordCache {
  /** GPT-2's is built into the library; those of Llama 3 and of Qwen 2 stand in their files. */
  private static final Set<String> PATTERNS =
      Set.of(
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  /** Added tokens that a cut could hurt. */
  private static final Pattern AT_CUTS =
      Pattern.compile(
          "(?s).*[A-Za-z0-9,.;:?!] .*|.* [A-Za-z0-9].*|[A-Za-z0-9].*|.*[A-Za-z0-9,.;:?!]");

  private static final Pattern OVER_CUTS = Pattern.compile("(?s).*[A-Za-z0-9,.;:?!]▁.*");

  /** Longer stretches without a cut hardly come again. */
  private static final int LONGEST = 32;

  /** Words that are remembered: up to about 10 MB. */
  private static final int MOST = 1 << 16;

  private static final int[] UNKNOWN = {};

  private final boolean spaced;
  private final TokenPlaces places;
  private final Function<String, int[]> library;
  private final Map<String, int[]> known = new ConcurrentHashMap<>();

  private WordCache(TokenPlaces places, Function<String, int[]> library) {
    this.spaced = places.spelling() == Spelling.SPACED;
    this.places = places;
    this.library = library;
  }

  /**
   * @param places where tokens stand, which tells the words' ids apart
   * @param vocabulary all tokens, as the vocabulary writes them
   * @param addedTokens those of tokenizer.json's {@code added_tokens}
   * @param library the ids of a text, nothing added to it
   * @return empty for tokenizers of which the above is not known to hold
   */
  static Optional<WordCache> of(
      TokenPlaces places,
      JsonNode preTokenizer,
      Collection<String> vocabulary,
      Collection<JsonNode> addedTokens,
      Function<String, int[]> library) {
    boolean spaced = places.spelling() == Spelling.SPACED;
    boolean cuts =
        spaced
            ? vocabulary.stream().noneMatch(token -> OVER_CUTS.matcher(token).matches())
            : byteLevel(preTokenizer);
    boolean plain = addedTokens.stream().allMatch(token -> keepsToItself(token, spaced));
    return places.complete() && cuts && plain
        ? Optional.of(new WordCache(places, library))
        : Optional.empty();
  }

  private static boolean byteLevel(JsonNode preTokenizer) {
    if (!preTokenizer.path("type").asText().equals("Sequence")) {
      return byteLevel(preTokenizer, true);
    }
    JsonNode steps = preTokenizer.path("pretokenizers");
    JsonNode split = steps.path(0);
    return steps.size() == 2
        && split.path("type").asText().equals("Split")
        && PATTERNS.contains(split.path("pattern").path("Regex").asText())
        && split.path("behavior").asText().equals("Isolated")
        && !split.path("invert").asBoolean()
        && byteLevel(steps.path(1), false);
  }

  private static boolean byteLevel(JsonNode step, boolean splits) {
    return step.path("type").asText().equals("ByteLevel")
        && !step.path("add_prefix_space").asBoolean(true)
        && step.path("use_regex").asBoolean(true) == splits;
  }

  private static boolean keepsToItself(JsonNode added, boolean spaced) {
    return !added.path("lstrip").asBoolean()
        && !added.path("rstrip").asBoolean()
        && !added.path("single_word").asBoolean()
        && !(spaced && added.path("normalized").asBoolean())
        && !AT_CUTS.matcher(added.path("content").asText()).matches();
  }

  /**
   * The ids of a text. All words that are not known yet are asked for at once: one word in a call
   * of its own takes three times as long as inside a text.
   *
   * @param text without halves of surrogate pairs
   */
  int[] ids(String text) {
    List<String> words = words(text);
    int[][] ids = new int[words.size()][];
    StringBuilder asked = new StringBuilder();
    for (int i = 0; i < ids.length; i++) {
      ids[i] = known.getOrDefault(words.get(i), UNKNOWN);
      if (ids[i] == UNKNOWN) {
        asked.append(spaced && asked.length() > 0 ? " " : "").append(words.get(i));
      }
    }
    return asked.length() == 0 || ask(asked.toString(), words, ids)
        ? joined(ids)
        : library.apply(text);
  }

  /** The text between cuts; the space at a cut is left out where the library puts one. */
  private List<String> words(String text) {
    List<String> words = new ArrayList<>(text.length() / 4 + 1);
    int from = 0;
    for (int to = cut(text, 1); to < text.length(); to = cut(text, to + 1)) {
      words.add(text.substring(from, to));
      from = spaced ? to + 1 : to;
    }
    words.add(text.substring(from));
    return words;
  }

  /**
   * Fills in the unknown words.
   *
   * @param asked these words as a text
   * @return false where it cannot be told which ids belong to which word
   */
  private boolean ask(String asked, List<String> words, int[][] ids) {
    Encoding answer = places.find(asked, library.apply(asked));
    if (answer == null) {
      return false;
    }
    int token = 0;
    int end = 0;
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == UNKNOWN) {
        end += words.get(i).length() + (spaced && end > 0 ? 1 : 0);
        int first = token;
        while (token < answer.length() && answer.ends()[token] <= end) {
          token++;
        }
        ids[i] = Arrays.copyOfRange(answer.ids(), first, token);
        if (words.get(i).length() <= LONGEST && known.size() < MOST) {
          known.put(words.get(i), ids[i]);
        }
      }
    }
    return token == answer.length();
  }

  private static int[] joined(int[][] words) {
    int count = 0;
    for (int[] word : words) {
      count += word.length;
    }
    int[] ids = new int[count];
    int at = 0;
    for (int[] word : words) {
      System.arraycopy(word, 0, ids, at, word.length);
      at += word.length;
    }
    return ids;
  }

  /** The first cut at or after a position, the text's length where there is none. */
  private static int cut(String text, int from) {
    int at = text.indexOf(' ', from);
    while (at >= 0 && at + 1 < text.length()) {
      if (ends(text.charAt(at - 1)) && begins(text.charAt(at + 1))) {
        return at;
      }
      at = text.indexOf(' ', at + 1);
    }
    return text.length();
  }

  private static boolean ends(char c) {
    return begins(c) || c == ',' || c == '.' || c == ';' || c == ':' || c == '?' || c == '!';
  }

  private static boolean begins(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
