package dev.luthier.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.format.GgufValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A tokenizer as the metadata of a GGUF file (keys {@code tokenizer.*}), from any of the {@link
 * TokenizerSource}s. {@link GgufTokenizer} reads it back.
 *
 * <p>llama.cpp has four algorithms: byte pairs over whole texts by scores ({@code llama}), byte
 * pairs over words by merges ({@code gpt2}), WordPiece ({@code bert}) and Unigram ({@code t5}).
 * What none of them does is refused here, since the served model would read other tokens than the
 * trained one.
 */
public final class GgufVocabulary {
  private static final String GGML = "tokenizer.ggml.";
  private static final String TEMPLATE = "tokenizer.chat_template";

  /** Of rows that no token has. */
  private static final float FILLER_SCORE = -10_000;

  /** Steps that make runs of spaces one, and take off those at both ends. */
  private static final Set<String> SPACES =
      Set.of("Replace ' {2,}' ' '", "Replace ' {2,}' ▁", "Replace '\\A +| +\\z' ''");

  /** Hugging Face's roles, and the keys; {@code seperator} is spelt so in the files. */
  private static final Map<String, String> ROLES = new LinkedHashMap<>();

  static {
    ROLES.put("bos_token", "bos_token_id");
    ROLES.put("eos_token", "eos_token_id");
    ROLES.put("unk_token", "unknown_token_id");
    ROLES.put("pad_token", "padding_token_id");
    ROLES.put("sep_token", "seperator_token_id");
    ROLES.put("cls_token", "cls_token_id");
    ROLES.put("mask_token", "mask_token_id");
  }

  /** What llama.cpp asks a token for; the numbers are the file's, from 1. */
  private enum Type {
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  private final String where;
  private final JsonNode json;
  private final TokenizerConfig config;
  private final Map<String, Integer> idOf;
  private final Map<Integer, JsonNode> added;
  private final int[] around;
  private final int rows;
  private final Set<Integer> stopIds;
  private final TreeMap<Integer, String> tokens = new TreeMap<>();
  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();

  private GgufVocabulary(Path path, int rows, Set<Integer> stopIds) {
    TokenizerSource source = TokenizerSource.at(path);
    Path file = source.main();
    TokenizerJson read;
    if (source.kind() == TokenizerSource.Kind.TOKENIZER_JSON) {
      this.config = TokenizerConfig.read(source.folder());
      read = TokenizerJson.read(file, config);
    } else {
      ConvertedTokenizer made = source.convert();
      this.config = made.config();
      read = TokenizerJson.of(made.json(), file, config);
    }
    this.where = file.toString();
    this.json = tree(read);
    this.idOf = read.idOf();
    this.added = read.added();
    this.around = Tokenizer.load(path).encodeIds("", true);
    this.rows = rows;
    this.stopIds = new TreeSet<>(stopIds);
    idOf.forEach((token, id) -> tokens.put(id, token));
  }

  /**
   * The metadata, in the order in which files have it.
   *
   * @param path a model's folder, or a tokenizer's file
   * @param rows of the model's embedding; those without a token get names
   * @param stopIds ids that end an answer
   * @throws LuthierException if there is no tokenizer, llama.cpp could not do what it does, or it
   *     has more tokens than the embedding has rows
   */
  public static Map<String, GgufValue> of(Path path, int rows, Set<Integer> stopIds) {
    return new GgufVocabulary(path, rows, stopIds).write();
  }

  private static JsonNode tree(TokenizerJson read) {
    try {
      return Jackson.MAPPER.readTree(read.json());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Map<String, GgufValue> write() {
    int size = tokens.isEmpty() ? 0 : tokens.lastKey() + 1;
    if (size > rows) {
      throw new LuthierException(
          where
              + " has "
              + size
              + " tokens, but the model's embedding has "
              + rows
              + " rows. Give the model's own tokenizer. See"
              + " docs/troubleshooting.md#tokenizer-larger");
    }
    String type = json.path("model").path("type").asText("BPE");
    switch (type) {
      case "BPE" -> {
        if (GgufPreTokenizer.isByteLevel(json.path("pre_tokenizer"))) {
          byteLevel();
        } else {
          bytePairs();
        }
      }
      case "Unigram" -> unigram();
      case "WordPiece" -> wordPiece();
      default -> throw unknown("a vocabulary of type " + type);
    }
    roles();
    templates();
    return metadata;
  }

  private LuthierException unknown(String what) {
    return new LuthierException(
        where
            + " has "
            + what
            + ", which llama.cpp does not do. The model can be served from its folder (./luthier"
            + " serve --model), or by vLLM. See docs/troubleshooting.md#pre-tokenizer");
  }

  private void byteLevel() {
    List<String> steps = normalizers();
    // llama.cpp takes texts as they come; nearly all come composed.
    boolean composes = steps.remove("NFC");
    if (!steps.isEmpty()) {
      throw unknown("a normalizer " + steps);
    }
    boolean wholeWords = json.path("model").path("ignore_merges").asBoolean();
    String pre = GgufPreTokenizer.name(where, json.path("pre_tokenizer"), wholeWords, composes);
    text("model", "gpt2");
    text("pre", pre);
    tokens(tokens, Map.of());
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : json.path("model").path("merges")) {
      merges.add(
          merge.isTextual()
              ? merge.asText()
              : merge.path(0).asText() + " " + merge.path(1).asText());
    }
    metadata.put(GGML + "merges", GgufValue.texts(merges));
  }

  /**
   * Byte pairs that tokens are joined to by score: a token's is the rank of the first merge that
   * makes it, negated, since the pair with the highest score is joined first.
   */
  private void bytePairs() {
    List<String> steps = normalizers();
    boolean prefixed = steps.remove("Prepend ▁");
    boolean replaced = steps.remove("Replace ' ' ▁");
    for (JsonNode step : preTokenizers()) {
      if (step.path("type").asText().equals("Metaspace")) {
        replaced = true;
        prefixed |= !step.path("prepend_scheme").asText("always").equals("never");
      } else if (!(replaced && isSplitAtSpaces(step))) {
        steps.add(step.toString());
      }
    }
    boolean single = steps.removeAll(SPACES); // llama.cpp takes spaces as they come
    if (!replaced || !steps.isEmpty()) {
      throw unknown("byte pairs of text that is prepared by " + steps);
    }
    Map<String, Float> scores = new HashMap<>();
    int rank = 0;
    for (JsonNode merge : json.path("model").path("merges")) {
      String text = merge.asText();
      int space = text.indexOf(' ', 1);
      String joined =
          merge.isTextual()
              ? text.substring(0, space) + text.substring(space + 1)
              : merge.path(0).asText() + merge.path(1).asText();
      scores.putIfAbsent(joined, (float) -rank++);
    }
    text("model", "llama");
    text("pre", "default");
    tokens(tokens, scores);
    flag("add_space_prefix", prefixed);
    if (single) {
      flag("remove_extra_whitespaces", true);
    }
  }

  /** Spaces have been replaced by then: it finds none. */
  private static boolean isSplitAtSpaces(JsonNode step) {
    return step.path("type").asText().equals("Split")
        && step.path("pattern").path("String").asText().equals(" ");
  }

  private void unigram() {
    List<String> steps = normalizers();
    Optional<JsonNode> charsmap =
        Optional.ofNullable(json.path("normalizer").findValue("precompiled_charsmap"));
    steps.remove("Precompiled");
    boolean single = steps.removeAll(SPACES);
    boolean prefixed = false;
    for (JsonNode step : preTokenizers()) {
      switch (step.path("type").asText()) {
        case "WhitespaceSplit" -> single = true;
        case "Metaspace" ->
            prefixed |= !step.path("prepend_scheme").asText("always").equals("never");
        default -> steps.add(step.toString());
      }
    }
    if (!steps.isEmpty()) {
      throw unknown("a Unigram vocabulary of text that is prepared by " + steps);
    }
    Map<String, Float> scores = new HashMap<>();
    for (JsonNode pair : json.path("model").path("vocab")) {
      scores.put(pair.path(0).asText(), (float) pair.path(1).asDouble());
    }
    text("model", "t5");
    text("pre", "default");
    tokens(tokens, scores);
    flag("add_space_prefix", prefixed);
    flag("remove_extra_whitespaces", single);
    charsmap.ifPresent(
        map -> {
          List<GgufValue> bytes = new ArrayList<>();
          for (byte b : Base64.getDecoder().decode(map.asText())) {
            bytes.add(new GgufValue.Whole(GgufValue.Type.UINT8, b & 0xFF));
          }
          metadata.put(
              GGML + "precompiled_charsmap", new GgufValue.Array(GgufValue.Type.UINT8, bytes));
        });
  }

  /** llama.cpp marks what begins a word by {@code ▁}, instead of what goes on by {@code ##}. */
  private void wordPiece() {
    JsonNode normalizer = json.path("normalizer");
    boolean lower =
        normalizer.path("lowercase").asBoolean()
            && normalizer.path("strip_accents").asBoolean(true);
    if (!lower) {
      throw unknown("WordPiece with capitals or accents");
    }
    TreeMap<Integer, String> spelt = new TreeMap<>();
    tokens.forEach(
        (id, token) -> {
          boolean plain = token.matches("\\[.*]");
          spelt.put(id, plain ? token : token.startsWith("##") ? token.substring(2) : "▁" + token);
        });
    text("model", "bert");
    text("pre", "default");
    tokens(spelt, Map.of());
    metadata.put(GGML + "token_type_count", GgufValue.uint32(2));
  }

  /** The steps of the normalizer in short, those left out that do nothing. */
  private List<String> normalizers() {
    List<String> steps = new ArrayList<>();
    JsonNode normalizer = json.path("normalizer");
    for (JsonNode step : parts(normalizer, "normalizers")) {
      String type = step.path("type").asText();
      switch (type) {
        case "Prepend" -> steps.add("Prepend " + step.path("prepend").asText());
        case "Replace" -> {
          JsonNode pattern = step.path("pattern");
          String what = pattern.path("String").asText(pattern.path("Regex").asText());
          String by = step.path("content").asText();
          steps.add("Replace '" + what + "' " + (by.equals("▁") ? by : "'" + by + "'"));
        }
        default -> steps.add(type);
      }
    }
    return steps;
  }

  private List<JsonNode> preTokenizers() {
    return parts(json.path("pre_tokenizer"), "pretokenizers");
  }

  private static List<JsonNode> parts(JsonNode node, String field) {
    List<JsonNode> parts = new ArrayList<>();
    if (node.path("type").asText().equals("Sequence")) {
      node.path(field).forEach(part -> parts.addAll(parts(part, field)));
    } else if (node.isObject()) {
      parts.add(node);
    }
    return parts;
  }

  private void tokens(Map<Integer, String> spelt, Map<String, Float> scores) {
    List<String> texts = new ArrayList<>();
    List<Float> numbers = new ArrayList<>();
    List<Integer> types = new ArrayList<>();
    for (int id = 0; id < rows; id++) {
      String token = spelt.get(id);
      texts.add(token == null ? "[PAD" + id + "]" : token);
      numbers.add(token == null ? FILLER_SCORE : scores.getOrDefault(token, 0f));
      types.add(type(id).ordinal() + 1);
    }
    metadata.put(GGML + "tokens", GgufValue.texts(texts));
    if (!scores.isEmpty()) {
      metadata.put(GGML + "scores", GgufValue.float32s(numbers));
    }
    metadata.put(GGML + "token_type", GgufValue.int32s(types));
  }

  private Type type(int id) {
    String token = tokens.get(id);
    if (token == null) {
      return Type.UNUSED;
    }
    if (token.equals(unknownToken())) {
      return Type.UNKNOWN;
    }
    JsonNode entry = added.get(id);
    if (entry != null) {
      return entry.path("special").asBoolean() ? Type.CONTROL : Type.USER_DEFINED;
    }
    boolean bytes = json.path("model").path("byte_fallback").asBoolean();
    return bytes && token.matches("<0x[0-9A-F]{2}>") ? Type.BYTE : Type.NORMAL;
  }

  /** That which the algorithm itself writes; byte-level vocabularies have none. */
  private String unknownToken() {
    JsonNode model = json.path("model");
    return model.has("unk_id")
        ? tokens.getOrDefault(model.path("unk_id").asInt(-1), "")
        : model.path("unk_token").asText("");
  }

  private void roles() {
    Map<String, Integer> ids = new LinkedHashMap<>();
    ROLES.forEach(
        (role, key) -> config.token(role).map(idOf::get).ifPresent(id -> ids.put(key, id)));
    if (!unknownToken().isEmpty()) {
      ids.put("unknown_token_id", idOf.get(unknownToken()));
    }
    boolean encoder = GgufValue.of("bert").equals(metadata.get(GGML + "model"));
    boolean bos = false;
    boolean eos = false;
    if (around.length > 2) {
      throw unknown(around.length + " special tokens around each text");
    }
    if (encoder) {
      ids.put("bos_token_id", around[0]);
      ids.put("cls_token_id", around[0]);
      ids.put("seperator_token_id", around[around.length - 1]);
    } else if (around.length == 2) {
      bos = true;
      eos = true;
      ids.put("bos_token_id", around[0]);
      ids.put("eos_token_id", around[1]);
    } else if (around.length == 1) {
      eos = Integer.valueOf(around[0]).equals(ids.get("eos_token_id")) && !beginsTexts();
      bos = !eos;
      ids.put(eos ? "eos_token_id" : "bos_token_id", around[0]);
    }
    stops(ids);
    if (ids.containsKey("eos_token_id") && metadata.containsKey(GGML + "merges")) {
      ids.putIfAbsent("bos_token_id", ids.get("eos_token_id")); // else llama.cpp says it is 11
    }
    ids.forEach((key, id) -> metadata.put(GGML + key, GgufValue.uint32(id)));
    if (!encoder) {
      flag("add_bos_token", bos);
      flag("add_eos_token", eos);
    }
  }

  /** Whether the one special token around texts comes before them. */
  private boolean beginsTexts() {
    JsonNode single = json.path("post_processor").findValue("single");
    return single != null && single.path(0).has("SpecialToken");
  }

  /**
   * llama.cpp has three keys for what ends a text. Some more it knows by their names.
   *
   * @param ids gets the end of a text, of a turn, of a message
   */
  private void stops(Map<String, Integer> ids) {
    Set<Integer> left = new TreeSet<>(stopIds);
    for (String key : List.of("eos_token_id", "eot_token_id", "eom_token_id")) {
      Integer known = ids.get(key);
      if (known == null && !left.isEmpty()) {
        known = left.iterator().next();
        ids.put(key, known);
      }
      if (known != null) {
        left.remove(known);
      }
    }
    if (!left.isEmpty()) {
      throw new LuthierException(
          where
              + ": texts end at "
              + (left.size() + 3)
              + " tokens, but a GGUF file can name 3. Name fewer as eos_token_id in"
              + " generation_config.json; those of ids "
              + left
              + " are too many");
    }
  }

  private void templates() {
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, String> template : new TreeMap<>(config.templates()).entrySet()) {
      boolean unnamed = template.getKey().equals("default");
      String key = unnamed ? TEMPLATE : TEMPLATE + "." + template.getKey();
      metadata.put(key, GgufValue.of(template.getValue()));
      if (!unnamed) {
        names.add(template.getKey());
      }
    }
    if (!names.isEmpty()) {
      metadata.put("tokenizer.chat_templates", GgufValue.texts(names));
    }
  }

  private void text(String key, String value) {
    metadata.put(GGML + key, GgufValue.of(value));
  }

  private void flag(String key, boolean value) {
    metadata.put(GGML + key, GgufValue.of(value));
  }
}
