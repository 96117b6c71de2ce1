package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The name, {@code tokenizer.ggml.pre}, under which llama.cpp knows how a byte-level BPE tokenizer
 * cuts text into words. It is found from the rules in tokenizer.json themselves, so that it does
 * not change with the tokens. Of names with equal rules the one is taken whose other effects are
 * none.
 */
final class GgufPreTokenizer {
  /** GPT-2's pattern, which is inside {@code ByteLevel} where it says {@code use_regex}. */
  private static final String GPT2 = "gpt2";

  private static final String DIGIT = "\\p{N}";
  private static final String DIGITS = "\\p{N}+";

  /** Spellings that match the same texts as another. */
  private static final Map<String, String> SAME =
      Map.of(
          // What is left over ends in line feeds either way; nothing follows that could match less.
          "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}"
              + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
          WordPattern.LLAMA3.splits().get(0),
          "\\p{N}{1}",
          DIGIT,
          "\\d",
          DIGIT,
          " ?[^(\\s|.,!?…。，、।۔،)]+",
          WordPattern.BLOOM.splits().get(0));

  private static final String CJK = "[一-龥\u3040-ゟ゠-ヿ]+";
  private static final String CJK_AND_MORE = "[一-龥ࠀ-一가-\uD7FF]+";

  /**
   * @param steps patterns in their order
   * @param wholeWords whether a word that is a token is taken as it is, merges or not
   */
  private record Rule(List<String> steps, boolean wholeWords) {}

  /**
   * Names whose tokenizers compose text first (NFC), where another has the same rules. To llama.cpp
   * it makes no difference; to those who read the file it does.
   */
  private static final Map<String, String> COMPOSING = Map.of("gpt-2", "olmo");

  private static final Map<String, String> NOT_COMPOSING = Map.of("qwen2", "stablelm2");

  private static final Map<Rule, String> NAMES = new LinkedHashMap<>();

  static {
    put("gpt-2", false, GPT2);
    put("smollm", false, DIGIT, GPT2);
    put("llama-bpe", true, WordPattern.LLAMA3);
    put("smaug-bpe", false, WordPattern.LLAMA3);
    put("qwen2", false, WordPattern.QWEN2);
    put("gpt-4o", false, WordPattern.GPT4O);
    put("tekken", true, WordPattern.TEKKEN);
    put("falcon", false, WordPattern.FALCON);
    put("falcon", false, Step.PUNCTUATION, GPT2, DIGITS, "[0-9][0-9][0-9]");
    put("default", false, WordPattern.GGML_DEFAULT);
    put("bloom", false, WordPattern.BLOOM);
    put("viking", false, WordPattern.BLOOM.splits().get(0), DIGIT);
    put("deepseek-coder", false, "[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", CJK_AND_MORE, DIGIT);
    put(
        "deepseek-v3",
        false,
        "\\p{N}{1,3}",
        CJK,
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
            + "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
            + "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+");
  }

  private static final class Step {
    static final String PUNCTUATION = "punctuation";
    static final String PREFIX = "a space put before each text";
  }

  private GgufPreTokenizer() {}

  private static void put(String name, boolean wholeWords, WordPattern pattern) {
    put(name, wholeWords, pattern.splits().toArray(new String[0]));
  }

  private static void put(String name, boolean wholeWords, String... steps) {
    NAMES.put(new Rule(List.of(steps), wholeWords), name);
  }

  /** Whether text is written in GPT-2's letters for bytes. */
  static boolean isByteLevel(JsonNode preTokenizer) {
    return preTokenizer.findValuesAsText("type").contains("ByteLevel");
  }

  /**
   * The name for a tokenizer's rules.
   *
   * @param where the tokenizer, for messages
   * @param wholeWords tokenizer.json's {@code ignore_merges}
   * @param composes whether text is composed first
   * @throws LuthierException if llama.cpp has none for them
   */
  static String name(String where, JsonNode preTokenizer, boolean wholeWords, boolean composes) {
    List<String> steps = new ArrayList<>();
    collect(preTokenizer, steps);
    String name = NAMES.get(new Rule(steps, wholeWords));
    if (name == null) {
      Set<String> known = new TreeSet<>(NAMES.values());
      throw new LuthierException(
          where
              + " cuts text into words by rules that llama.cpp has no name for: "
              + steps
              + (wholeWords ? ", words that are tokens taken whole" : "")
              + ". Known are those of "
              + String.join(", ", known)
              + ". The model can be served from its folder (./luthier serve --model), or by vLLM."
              + " See docs/troubleshooting.md#pre-tokenizer");
    }
    return (composes ? COMPOSING : NOT_COMPOSING).getOrDefault(name, name);
  }

  private static void collect(JsonNode node, List<String> steps) {
    switch (node.path("type").asText()) {
      case "Sequence" -> node.path("pretokenizers").forEach(step -> collect(step, steps));
      case "Split" -> steps.add(split(node));
      case "Digits" -> steps.add(node.path("individual_digits").asBoolean() ? DIGIT : DIGITS);
      case "Punctuation" -> steps.add(Step.PUNCTUATION);
      case "ByteLevel" -> {
        if (node.path("add_prefix_space").asBoolean(true)) {
          steps.add(Step.PREFIX);
        }
        if (node.path("use_regex").asBoolean(true)) {
          steps.add(GPT2);
        }
      }
      default -> steps.add(node.toString());
    }
  }

  /** Cutting around what matches, and taking what matches, are the same where all text matches. */
  private static String split(JsonNode node) {
    String pattern = node.path("pattern").path("Regex").asText();
    boolean inverted = node.path("invert").asBoolean();
    String behavior = node.path("behavior").asText();
    boolean plain = behavior.equals("Isolated") || behavior.equals("Removed") && inverted;
    return plain && !pattern.isEmpty() ? SAME.getOrDefault(pattern, pattern) : node.toString();
  }
}
