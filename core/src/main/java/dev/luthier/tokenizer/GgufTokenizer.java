package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.Nearest;
import dev.luthier.format.Gguf;
import dev.luthier.format.GgufMetadata;
import dev.luthier.tokenizer.SentencePieceModel.Algorithm;
import dev.luthier.tokenizer.SentencePieceModel.Piece;
import dev.luthier.tokenizer.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The vocabulary in a GGUF file's metadata (keys {@code tokenizer.*}): SentencePiece's byte pairs
 * ({@code llama}) and Unigram ({@code t5}), byte-level BPE ({@code gpt2}) and WordPiece ({@code
 * bert}). Nothing beside the file is looked at.
 */
final class GgufTokenizer {
  private static final String GGML = "tokenizer.ggml.";
  private static final String TEMPLATE = "tokenizer.chat_template";

  /** Rows without a token, which converters give a name. */
  private static final Pattern FILLER = Pattern.compile("\\[PAD\\d+]");

  /** {@code seperator} is spelt so in the files. */
  private static final Map<String, String> ROLES =
      Map.of(
          "bos_token", "bos_token_id",
          "eos_token", "eos_token_id",
          "unk_token", "unknown_token_id",
          "pad_token", "padding_token_id",
          "sep_token", "seperator_token_id",
          "cls_token", "cls_token_id",
          "mask_token", "mask_token_id");

  /** What {@code tokenizer.ggml.pre} names. */
  private static final Map<WordPattern, Set<String>> PATTERNS =
      Map.of(
          WordPattern.GPT2,
          Set.of(
              "gpt-2",
              "phi-2",
              "mpt",
              "olmo",
              "jais",
              "gptneox",
              "gpt2",
              "roberta-bpe",
              "jina-v1-en",
              "jina-v2-code",
              "jina-v2-de",
              "jina-v2-es",
              "gigachat",
              "mellum",
              "modern-bert",
              "exaone4",
              "trillion"),
          WordPattern.DIGITS,
          Set.of("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"),
          WordPattern.LLAMA3,
          Set.of(
              "llama-bpe",
              "llama3",
              "llama-v3",
              "falcon3",
              "falcon-h1",
              "pixtral",
              "lfm2",
              "dbrx",
              "smaug-bpe",
              "glm4",
              "chatglm-bpe"),
          WordPattern.QWEN2,
          Set.of("qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan"),
          WordPattern.GPT4O,
          Set.of("gpt-4o", "llama4"),
          WordPattern.TEKKEN,
          Set.of("tekken"),
          WordPattern.FALCON,
          Set.of("falcon"),
          WordPattern.BLOOM,
          Set.of("bloom", "poro-chat", "gpt3-finnish"),
          WordPattern.GGML_DEFAULT,
          Set.of("default"));

  /** Their tokenizers compose text (NFC), which the files do not say. */
  private static final Set<String> COMPOSING =
      Set.of("qwen2", "deepseek-r1-qwen", "megrez", "gptneox", "olmo");

  /** They take a word that is a token as it is, and put BOS before a text. */
  private static final Set<String> WHOLE_WORDS =
      Set.of(
          "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "lfm2", "tekken");

  private final Path path;
  private final GgufMetadata metadata;
  private final List<String> tokens;
  private final List<Long> types;
  private final boolean sentencePiece;

  private GgufTokenizer(Path path) {
    this.path = path;
    this.metadata = Gguf.open(path).metadata();
    this.tokens = metadata.texts(GGML + "tokens");
    this.types = metadata.integers(GGML + "token_type");
    this.sentencePiece = Set.of("llama", "t5").contains(model());
  }

  static ConvertedTokenizer convert(Path path) {
    return new GgufTokenizer(path).convert();
  }

  /** The special tokens' roles and the chat templates. */
  static TokenizerConfig config(Path path) {
    return TokenizerConfig.of(new GgufTokenizer(path).config());
  }

  private String model() {
    return metadata.text(GGML + "model").orElse("");
  }

  private ConvertedTokenizer convert() {
    if (tokens.isEmpty()) {
      throw new LuthierException(
          path + " holds no vocabulary (" + GGML + "tokens). Give a folder with a tokenizer.json.");
    }
    if (!types.isEmpty() && types.size() != tokens.size()) {
      throw new LuthierException(
          path + " has " + tokens.size() + " tokens, but types of " + types.size() + " tokens");
    }
    SourceFolder folder = new SourceFolder(TokenizerConfig.of(config()), "", false, Map.of());
    return switch (model()) {
      case "llama" ->
          SentencePieceConverter.convert(path.toString(), pieces(Algorithm.BPE, false), folder);
      case "t5" ->
          SentencePieceConverter.convert(path.toString(), pieces(Algorithm.UNIGRAM, true), folder);
      case "gpt2" -> byteLevel(folder);
      case "bert" -> wordPiece(folder);
      default ->
          throw new LuthierException(
              path
                  + " has a tokenizer of model \""
                  + model()
                  + "\" ("
                  + GGML
                  + "model); known are llama, gpt2, bert and t5. Give a folder with a"
                  + " tokenizer.json.");
    };
  }

  /** The metadata as a tokenizer_config.json. */
  private ObjectNode config() {
    ObjectNode config = Jackson.MAPPER.createObjectNode();
    ROLES.forEach((role, key) -> text(id(key, fallback(key))).ifPresent(t -> config.put(role, t)));
    if (model().equals("bert")) {
      config.remove("bos_token"); // llama.cpp's name for CLS
    }
    metadata.flag(GGML + "add_bos_token").ifPresent(adds -> config.put("add_bos_token", adds));
    metadata.flag(GGML + "add_eos_token").ifPresent(adds -> config.put("add_eos_token", adds));
    ArrayNode templates = config.putArray("chat_template");
    metadata.text(TEMPLATE).ifPresent(text -> template(templates, "default", text));
    for (String name : metadata.texts("tokenizer.chat_templates")) {
      metadata.text(TEMPLATE + "." + name).ifPresent(text -> template(templates, name, text));
    }
    return config;
  }

  private static void template(ArrayNode templates, String name, String text) {
    templates.addObject().put("name", name).put("template", text);
  }

  /** SentencePiece's own numbers, which converters leave out; -1 for none. */
  private int fallback(String key) {
    boolean t5 = model().equals("t5");
    return switch (sentencePiece ? key : "") {
      case "bos_token_id" -> t5 ? -1 : 1;
      case "eos_token_id" -> t5 ? 1 : 2;
      case "unknown_token_id" -> t5 ? 2 : 0;
      case "padding_token_id" -> t5 ? 0 : -1;
      default -> -1;
    };
  }

  private int id(String key, int fallback) {
    long id = metadata.integer(GGML + key).orElse((long) fallback);
    return id < tokens.size() ? (int) id : -1; // some converters write 2^32 - 1 for none
  }

  private Optional<String> text(int id) {
    return id < 0 ? Optional.empty() : Optional.of(tokens.get(id));
  }

  private Type type(int id) {
    long number = types.isEmpty() ? 1 : types.get(id);
    if (FILLER.matcher(tokens.get(id)).matches()) {
      return Type.UNUSED;
    }
    return number < 1 || number > Type.values().length
        ? Type.NORMAL
        : Type.values()[(int) number - 1];
  }

  private SentencePieceModel pieces(Algorithm algorithm, boolean removeExtraWhitespaces) {
    List<Double> scores = metadata.numbers(GGML + "scores");
    if (scores.size() != tokens.size()) {
      throw new LuthierException(
          path + " has " + tokens.size() + " tokens, but scores of " + scores.size());
    }
    List<Piece> pieces = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      pieces.add(new Piece(tokens.get(id), scores.get(id).floatValue(), type(id)));
    }
    List<Long> charsmap = metadata.integers(GGML + "precompiled_charsmap");
    byte[] bytes = new byte[charsmap.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = charsmap.get(i).byteValue();
    }
    return new SentencePieceModel(
        pieces,
        algorithm,
        id("unknown_token_id", fallback("unknown_token_id")),
        id("bos_token_id", fallback("bos_token_id")),
        id("eos_token_id", fallback("eos_token_id")),
        id("padding_token_id", fallback("padding_token_id")),
        Base64.getEncoder().encodeToString(bytes),
        metadata.flag(GGML + "add_space_prefix").orElse(true),
        metadata.flag(GGML + "remove_extra_whitespaces").orElse(removeExtraWhitespaces));
  }

  private TokenTable table(List<String> spelt) {
    TokenTable table = new TokenTable(path.toString());
    for (int id = 0; id < spelt.size(); id++) {
      table.put(id, spelt.get(id));
    }
    for (int id = 0; id < spelt.size(); id++) {
      Type type = type(id);
      if (type == Type.CONTROL || type == Type.USER_DEFINED) {
        boolean special = type == Type.CONTROL;
        table.add(TokenizerParts.token(spelt.get(id), special).put("id", id));
      }
    }
    return table;
  }

  private ConvertedTokenizer byteLevel(SourceFolder folder) {
    String pre =
        metadata
            .text(GGML + "pre")
            .orElseGet(() -> metadata.text("general.architecture").orElse(""));
    WordPattern pattern = pattern(pre);
    TokenTable table = table(tokens);
    folder.addTo(table, Map.of());
    TokenizerConfig config = folder.config();
    boolean spaced = metadata.flag(GGML + "add_space_prefix").orElse(false);
    boolean wholeWords = WHOLE_WORDS.contains(pre);
    boolean addsBos = config.addBosToken().orElse(wholeWords || pre.equals("roberta-bpe"));
    boolean addsEos = config.addEosToken().orElse(pre.equals("roberta-bpe"));
    Optional<String> bos = config.token("bos_token").filter(token -> addsBos);
    Optional<String> eos = config.token("eos_token").filter(token -> addsEos);
    JsonNode postProcessor =
        bos.isEmpty() && eos.isEmpty()
            ? TokenizerParts.byteLevel(spaced, true)
            : PostProcessors.template(bos, eos, table.idOf());
    ArrayNode merges =
        Merges.checked(
            metadata.texts(GGML + "merges"), table.idOf(), path + ", " + GGML + "merges, entry ");
    return ConvertedTokenizer.of(
        TokenizerParts.document(
            table,
            COMPOSING.contains(pre) ? TokenizerParts.part("NFC") : TokenizerParts.none(),
            pattern.preTokenizer(spaced),
            postProcessor,
            TokenizerParts.byteLevel(spaced, true),
            TokenizerParts.bpe(table.vocabulary(), merges, wholeWords)),
        folder,
        Map.of());
  }

  private WordPattern pattern(String pre) {
    Set<String> known = new TreeSet<>();
    for (Map.Entry<WordPattern, Set<String>> entry : PATTERNS.entrySet()) {
      if (entry.getValue().contains(pre)) {
        return entry.getKey();
      }
      known.addAll(entry.getValue());
    }
    throw new LuthierException(
        path
            + " cuts text into words in a way that is not known: "
            + GGML
            + "pre is \""
            + pre
            + '"'
            + Nearest.to(pre, known).map(near -> " (the nearest known is " + near + ")").orElse("")
            + ". Known are "
            + String.join(", ", known)
            + ". Give a folder with the model's tokenizer.json.");
  }

  /** llama.cpp marks what begins a word by {@code ▁}, instead of what goes on by {@code ##}. */
  private ConvertedTokenizer wordPiece(SourceFolder folder) {
    boolean marked = tokens.stream().anyMatch(token -> token.startsWith("▁"));
    List<String> spelt = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      boolean plain = !marked || type(id) != Type.NORMAL || token.matches("\\[.*]");
      spelt.add(plain ? token : token.startsWith("▁") ? token.substring(1) : "##" + token);
    }
    boolean lower = metadata.flag(GGML + "normalizer.lowercase").orElse(true);
    ObjectNode normalizer = TokenizerParts.part("BertNormalizer").put("clean_text", true);
    normalizer.put("handle_chinese_chars", true).putNull("strip_accents").put("lowercase", lower);
    return WordPieceConverter.convert(table(spelt), normalizer, folder, path.toString());
  }
}
