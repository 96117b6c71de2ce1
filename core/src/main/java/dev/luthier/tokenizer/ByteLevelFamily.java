package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What the families of byte-level BPE tokenizers do beside merging. */
enum ByteLevelFamily {
  GPT2(
      WordPattern.GPT2,
      endOfText(),
      Set.of(
          "GPT2Tokenizer", "CodeGenTokenizer", "gpt2", "gpt_neo", "gptj", "opt", "codegen", "phi")),
  /** GPT-2's class, but each digit alone. */
  DIGITS(WordPattern.DIGITS, endOfText(), Set.of("gpt_bigcode", "starcoder2")),
  /** Pythia's; text is composed (NFC) first. */
  NEOX(WordPattern.GPT2, endOfText(), Set.of("GPTNeoXTokenizer", "gpt_neox")),
  ROBERTA(
      WordPattern.GPT2,
      Map.of(
          "bos_token", "<s>",
          "eos_token", "</s>",
          "unk_token", "<unk>",
          "sep_token", "</s>",
          "pad_token", "<pad>",
          "cls_token", "<s>",
          "mask_token", "<mask>"),
      Set.of(
          "RobertaTokenizer",
          "BartTokenizer",
          "LongformerTokenizer",
          "LEDTokenizer",
          "roberta",
          "bart",
          "longformer",
          "led")),
  /** Text is composed (NFC) first. */
  QWEN2(
      WordPattern.QWEN2,
      Map.of("eos_token", "<|endoftext|>", "pad_token", "<|endoftext|>"),
      Set.of("Qwen2Tokenizer", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe")),
  LLAMA3(
      WordPattern.LLAMA3,
      Map.of("bos_token", "<|begin_of_text|>", "eos_token", "<|end_of_text|>"),
      Set.of("llama"));

  /** Models whose tokenizers are of GPT-2's class by name, but cut digits apart. */
  private static final Set<String> GPT2_WITH_DIGITS = Set.of("llama", "gpt_bigcode", "starcoder2");

  private final WordPattern pattern;
  private final Map<String, String> roles;
  private final Set<String> names;

  ByteLevelFamily(WordPattern pattern, Map<String, String> roles, Set<String> names) {
    this.pattern = pattern;
    this.roles = roles;
    this.names = names;
  }

  private static Map<String, String> endOfText() {
    return Map.of(
        "bos_token", "<|endoftext|>", "eos_token", "<|endoftext|>", "unk_token", "<|endoftext|>");
  }

  /** By what the folder names, or else by the tokens that only one family has. */
  static Optional<ByteLevelFamily> of(SourceFolder folder, Set<String> vocabulary) {
    String name = folder.family();
    if (name.isEmpty()) {
      return byTokens(folder, vocabulary);
    }
    if (name.equals("GPT2Tokenizer") && GPT2_WITH_DIGITS.contains(folder.modelType())) {
      return Optional.of(DIGITS);
    }
    return Arrays.stream(values()).filter(family -> family.names.contains(name)).findFirst();
  }

  private static Optional<ByteLevelFamily> byTokens(SourceFolder folder, Set<String> vocabulary) {
    boolean llama3 = folder.config().token("bos_token").equals(Optional.of("<|begin_of_text|>"));
    if (llama3 || vocabulary.contains("<|begin_of_text|>")) {
      return Optional.of(LLAMA3);
    }
    if (vocabulary.contains("<mask>") && vocabulary.contains("<s>")) {
      return Optional.of(ROBERTA);
    }
    return vocabulary.contains("<|endoftext|>") ? Optional.of(GPT2) : Optional.empty();
  }

  /** The classes and model types that are known, for messages. */
  static List<String> known() {
    return Arrays.stream(values())
        .flatMap(family -> family.names.stream())
        .sorted()
        .collect(Collectors.toList());
  }

  /**
   * Puts the tokenizer together.
   *
   * @param tokens the vocabulary
   * @param merges by falling priority
   */
  ConvertedTokenizer convert(TokenTable tokens, ArrayNode merges, SourceFolder folder) {
    Map<String, String> known = folder.addTo(tokens, roles);
    TokenizerConfig config = folder.config();
    boolean spaced = config.flag("add_prefix_space").orElse(false);
    boolean composes = this == QWEN2 || this == NEOX;
    ObjectNode json =
        TokenizerParts.document(
            tokens,
            composes ? TokenizerParts.part("NFC") : TokenizerParts.none(),
            pattern.preTokenizer(spaced),
            postProcessor(tokens, folder, known, spaced),
            TokenizerParts.byteLevel(spaced, true),
            TokenizerParts.bpe(tokens.vocabulary(), merges, this == LLAMA3));
    return ConvertedTokenizer.of(json, folder, known);
  }

  private JsonNode postProcessor(
      TokenTable tokens, SourceFolder folder, Map<String, String> known, boolean spaced) {
    TokenizerConfig config = folder.config();
    if (this == ROBERTA) {
      Optional<String> first = folder.role("cls_token", known);
      Optional<String> last = folder.role("sep_token", known);
      if (first.isPresent() && last.isPresent()) {
        return TokenizerParts.around("RobertaProcessing", tokens.idOf(), first.get(), last.get())
            .put("trim_offsets", false)
            .put("add_prefix_space", spaced);
      }
    }
    boolean bos = config.addBosToken().orElse(this == LLAMA3 || folder.modelType().equals("opt"));
    Optional<String> first = folder.role("bos_token", known).filter(token -> bos);
    return first.isPresent()
        ? PostProcessors.template(first, Optional.empty(), tokens.idOf())
        : TokenizerParts.byteLevel(spaced, true);
  }
}
