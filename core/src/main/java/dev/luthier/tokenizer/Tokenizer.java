package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Text to token ids and back: Hugging Face's Rust library itself, so that ids are right by
 * construction, for every tokenizer that comes as a {@code tokenizer.json}. What it said of a word
 * is remembered where that is the same in every text, see {@link WordCache}.
 *
 * <p>Nothing is ever truncated, padded or dropped by chance (BPE dropout), whatever the file says.
 * Objects are immutable and may be used by any number of threads. The native memory is freed with
 * the object.
 *
 * <p><b>BOS and EOS.</b> {@code encode(text, true)} does what Hugging Face's fast tokenizer does
 * with {@code add_special_tokens=True}: tokenizer.json's post-processor decides, and {@code
 * add_bos_token}, {@code add_eos_token} in tokenizer_config.json are ignored, except where {@code
 * tokenizer_class} is of the Llama, CodeLlama, Gemma, Cohere or GPT-NeoX kind: these make the
 * post-processor anew from the two settings (defaults true and false; GPT-NeoX false and false).
 * One thing differs on purpose: a text that already begins with BOS does not get another. A text
 * rendered by a chat template brings its own BOS: use {@link #encodeRendered}.
 *
 * <p><b>The library's file.</b> The Rust library is unpacked once into {@code ~/.djl.ai/tokenizers}
 * (into a fresh temporary folder where the home folder is not writable; the environment variable
 * {@code ENGINE_CACHE_DIR} names another folder). Nothing is downloaded and no usage is reported.
 */
public final class Tokenizer {
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  private static final List<String> USUAL_MASKS = List.of("[MASK]", "<mask>");

  private final NativeTokenizer library;
  private final TokenizerConfig config;
  private final Map<String, Integer> idOf;
  private final Map<Integer, String> tokenOf = new HashMap<>();
  private final Set<Integer> specialIds;
  private final boolean byteFallback;
  private final JsonNode decoder;
  private final Set<Integer> addedIds;
  private final Optional<TokenPlaces> places;
  private final Optional<WordCache> words;
  private final int vocabSize;
  private final boolean addsBos;

  private Tokenizer(TokenizerJson json, Path file, TokenizerConfig config) {
    this.library = new NativeTokenizer(json.json(), file.toString());
    this.config = config;
    this.idOf = json.idOf();
    this.specialIds = json.specialIds();
    this.byteFallback = json.byteFallback();
    this.decoder = json.decoder();
    this.addedIds = Set.copyOf(json.added().keySet());
    idOf.forEach((token, id) -> tokenOf.put(id, token));
    this.places = TokenPlaces.of(json.spelling(), tokenOf, json.added());
    this.words =
        places.flatMap(
            known ->
                WordCache.of(
                    known,
                    json.preTokenizer(),
                    idOf.keySet(),
                    json.added().values(),
                    text -> library.ids(text, false)));
    this.vocabSize = tokenOf.keySet().stream().mapToInt(id -> id).max().orElse(-1) + 1;
    int[] empty = library.ids("", true);
    this.addsBos = empty.length > 0 && bosId().equals(OptionalInt.of(empty[0]));
  }

  /**
   * Reads a model folder: its tokenizer.json, or else another of the {@link TokenizerSource}s, and,
   * where they are there, tokenizer_config.json, special_tokens_map.json, chat_template.jinja and
   * chat_template.json.
   *
   * @param path the folder, or one of the files in it
   * @throws LuthierException when there is no tokenizer, or a file is malformed
   */
  public static Tokenizer load(Path path) {
    TokenizerSource source = TokenizerSource.at(path);
    Path file = source.main();
    if (source.kind() == TokenizerSource.Kind.TOKENIZER_JSON) {
      TokenizerConfig config = TokenizerConfig.read(source.folder());
      return new Tokenizer(TokenizerJson.read(file, config), file, config);
    }
    ConvertedTokenizer made = source.convert();
    return new Tokenizer(TokenizerJson.of(made.json(), file, made.config()), file, made.config());
  }

  /**
   * Reads one tokenizer.json and nothing beside it: no chat template, and no names for BOS, EOS and
   * the like.
   *
   * @throws LuthierException when the file is missing or malformed
   */
  public static Tokenizer fromFile(Path tokenizerJson) {
    if (!Files.isRegularFile(tokenizerJson)) {
      throw new LuthierException("Expected a tokenizer.json at " + tokenizerJson + ", found none.");
    }
    TokenizerConfig none = TokenizerConfig.empty();
    return new Tokenizer(TokenizerJson.read(tokenizerJson, none), tokenizerJson, none);
  }

  /**
   * The tokens of a text, with their places in it. Strings of special tokens inside the text become
   * those tokens. A half of a surrogate pair counts as U+FFFD.
   *
   * @param addSpecialTokens whether the tokenizer's own BOS and EOS are added (see the class)
   */
  public Encoding encode(String text, boolean addSpecialTokens) {
    String valid = Utf16.withoutLoneSurrogates(text);
    if (!addSpecialTokens && words.isPresent() && places.isPresent()) {
      Encoding found = places.get().find(valid, words.get().ids(valid));
      if (found != null) {
        return found;
      }
    }
    Encoding encoding = library.encode(valid, addSpecialTokens, places);
    if (!addSpecialTokens || !beginsWithTwoBos(encoding.ids())) {
      return encoding;
    }
    int length = encoding.length();
    return new Encoding(
        Arrays.copyOfRange(encoding.ids(), 1, length),
        Arrays.copyOfRange(encoding.starts(), 1, length),
        Arrays.copyOfRange(encoding.ends(), 1, length));
  }

  /** The library's own answer, for tests of {@link TokenPlaces} and {@link WordCache}. */
  Encoding encodeByLibrary(String text) {
    return library.encode(Utf16.withoutLoneSurrogates(text), false, Optional.empty());
  }

  /** Whether words are remembered. */
  boolean remembersWords() {
    return words.isPresent();
  }

  /** Whether the places in this text are found without the library. */
  boolean placesKnown(String text) {
    return places.map(known -> known.find(text, library.ids(text, false))).isPresent();
  }

  /** The ids alone. */
  public int[] encodeIds(String text, boolean addSpecialTokens) {
    String valid = Utf16.withoutLoneSurrogates(text);
    if (!addSpecialTokens && words.isPresent()) {
      return words.get().ids(valid);
    }
    int[] ids = library.ids(valid, addSpecialTokens);
    boolean doubled = addSpecialTokens && beginsWithTwoBos(ids);
    return doubled ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
  }

  /** Encodes text that a chat template rendered: nothing is added to it. */
  public Encoding encodeRendered(String text) {
    return encode(text, false);
  }

  /** Encodes on all processors; results are in the order of the texts. */
  public List<Encoding> encodeBatch(List<String> texts, boolean addSpecialTokens) {
    return texts.parallelStream().map(text -> encode(text, addSpecialTokens)).toList();
  }

  private boolean beginsWithTwoBos(int[] ids) {
    return addsBos && ids.length > 1 && ids[0] == ids[1] && ids[0] == bosId().orElse(-1);
  }

  /**
   * The text of a sequence of ids. Ids outside the vocabulary are left out. Hugging Face's {@code
   * clean_up_tokenization_spaces} is never applied: it would change texts that merely look like
   * detached punctuation.
   *
   * @param skipSpecialTokens whether special tokens are left out
   */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    return library.decode(ids, skipSpecialTokens);
  }

  /**
   * A token as the vocabulary writes it, such as {@code Ġthe} or {@code ▁the}.
   *
   * @throws IllegalArgumentException when no token has this id
   */
  public String token(int id) {
    String token = tokenOf.get(id);
    if (token == null) {
      throw new IllegalArgumentException(
          "No token has id " + id + "; ids end at " + (vocabSize - 1));
    }
    return token;
  }

  /** Whether a token has this id. Models may have more rows of embeddings than there are tokens. */
  public boolean isToken(int id) {
    return tokenOf.containsKey(id);
  }

  /** The id of a token as the vocabulary writes it. */
  public OptionalInt idOf(String token) {
    Integer id = idOf.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** One more than the largest id, added tokens included: the least number of embedding rows. */
  public int vocabSize() {
    return vocabSize;
  }

  /** Ids of the tokens that are marked special. */
  public Set<Integer> specialIds() {
    return specialIds;
  }

  /**
   * Ids of the tokens that stand outside of the vocabulary proper and are found in a text before
   * all others: the special ones, and markers such as Qwen's {@code <tool_call>}.
   */
  public Set<Integer> addedIds() {
    return addedIds;
  }

  /**
   * What each token adds to a text; made anew by each call.
   *
   * @throws LuthierException when a token's text depends on more than itself
   */
  public TokenBytes bytes() {
    return TokenBytes.of(vocabSize, tokenOf, decoder);
  }

  /** Whether {@code encode(text, true)} puts BOS before the text. */
  public boolean addBosToken() {
    return addsBos;
  }

  public Optional<String> bosToken() {
    return config.token("bos_token");
  }

  public Optional<String> eosToken() {
    return config.token("eos_token");
  }

  public Optional<String> padToken() {
    return config.token("pad_token");
  }

  public Optional<String> unkToken() {
    return config.token("unk_token");
  }

  /** Empty also when the named token is not in the vocabulary. */
  public OptionalInt bosId() {
    return id(bosToken());
  }

  /** Empty also when the named token is not in the vocabulary. */
  public OptionalInt eosId() {
    return id(eosToken());
  }

  /** Empty also when the named token is not in the vocabulary. */
  public OptionalInt padId() {
    return id(padToken());
  }

  /** Empty also when the named token is not in the vocabulary. */
  public OptionalInt unkId() {
    return id(unkToken());
  }

  /** The token that stands for one to guess: the named one, or a special {@code [MASK]}. */
  public Optional<String> maskToken() {
    return config
        .token("mask_token")
        .or(
            () ->
                USUAL_MASKS.stream()
                    .filter(t -> idOf.containsKey(t) && specialIds.contains(idOf.get(t)))
                    .findFirst());
  }

  /** Empty also when the named token is not in the vocabulary. */
  public OptionalInt maskId() {
    return id(maskToken());
  }

  private OptionalInt id(Optional<String> token) {
    return token.map(this::idOf).orElse(OptionalInt.empty());
  }

  /**
   * The model's chat template in Jinja: from chat_template.jinja (others from {@code
   * additional_chat_templates/NAME.jinja}), else from tokenizer_config.json, else from
   * chat_template.json.
   *
   * @param tools whether the one for tool use is preferred where the model has several
   */
  public Optional<String> chatTemplateSource(boolean tools) {
    return config.template(tools);
  }

  /** The named tokens ({@code bos_token}, {@code eos_token}, ...) that templates may print. */
  public Map<String, String> specialTokensForTemplate() {
    return Collections.unmodifiableMap(config.tokens());
  }

  /** Whether this token, such as {@code <0x0A>}, stands for a byte when decoding. */
  boolean isByteToken(int id) {
    return byteFallback && BYTE.matcher(token(id)).matches();
  }
}
