package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * How byte-level BPE vocabularies have text cut into words before merging. The files of the
 * vocabulary itself do not say it.
 */
enum WordPattern {
  /** GPT-2's, which is built into the library. */
  GPT2(List.of(), true),

  /** Each digit alone, then GPT-2's: SmolLM, StarCoder. */
  DIGITS(List.of("\\p{N}"), true),

  /** GPT-4's first: three digits at most, line feeds apart; Llama 3. */
  LLAMA3(List.of(like("\\p{N}{1,3}")), false),

  /** The same with each digit alone. */
  QWEN2(List.of(like("\\p{N}")), false),

  /** GPT-4o's: cut where small letters end and capitals begin. */
  GPT4O(
      List.of(
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
              + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
              + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
              + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
              + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
      false),

  /** Mistral's Tekken: as GPT-4o's without contractions, each digit alone. */
  TEKKEN(
      List.of(
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
              + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
              + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
      false),

  /** Runs of punctuation, then GPT-2's, then three digits at a time. */
  FALCON(List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", Constants.GPT2, "[0-9][0-9][0-9]"), false),

  /** llama.cpp's for files that name none: as Falcon's, digits apart from letters. */
  GGML_DEFAULT(
      List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", Constants.GPT2, "\\p{N}+", "[0-9][0-9][0-9]"), false),

  /** BLOOM's: words end at sentence marks. */
  BLOOM(List.of(" ?[^(\\s|[.,!?…。，、।۔،])]+"), false);

  private static final class Constants {
    static final String GPT2 =
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  }

  private final List<String> splits;
  private final boolean gpt2Last;

  WordPattern(List<String> splits, boolean gpt2Last) {
    this.splits = splits;
    this.gpt2Last = gpt2Last;
  }

  private static String like(String digits) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + digits
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  /** The patterns before GPT-2's, in their order; GPT-2's own is not among them. */
  List<String> splits() {
    return splits;
  }

  /** As tokenizer.json's {@code pre_tokenizer}. */
  JsonNode preTokenizer(boolean addPrefixSpace) {
    List<JsonNode> steps = new ArrayList<>();
    splits.forEach(pattern -> steps.add(TokenizerParts.split(pattern)));
    steps.add(TokenizerParts.byteLevel(addPrefixSpace, gpt2Last));
    return TokenizerParts.sequence("pretokenizers", steps);
  }
}
