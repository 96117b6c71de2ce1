package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.tokenizer.SentencePieceModel.Piece;
import dev.luthier.tokenizer.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * SentencePiece's {@code tokenizer.model}: byte-pair vocabularies (Llama 1 and 2, Mistral, Gemma)
 * and Unigram ones (T5, XLM-RoBERTa), as the tokenizer.json files published with such models have
 * them.
 */
final class SentencePieceConverter {
  private static final Set<String> T5 = Set.of("T5Tokenizer", "t5", "mt5", "umt5");

  /** Their special tokens are not in the model: {@code <extra_id_0>} to {@code <extra_id_99>}. */
  private static final int T5_SENTINELS = 100;

  private final String where;
  private final SentencePieceModel model;
  private final SourceFolder folder;
  private final boolean fairseq;
  private final TokenTable tokens;

  private SentencePieceConverter(String where, SentencePieceModel model, SourceFolder folder) {
    this.where = where;
    this.folder = folder;
    this.fairseq = FairseqPieces.isFor(folder.family());
    this.model = fairseq ? FairseqPieces.of(model, folder.family(), where) : model;
    this.tokens = new TokenTable(where);
  }

  static ConvertedTokenizer convert(Path file, SourceFolder folder) {
    FairseqPieces.check(file, folder.family());
    return convert(file.toString(), SentencePieceModel.read(file), folder);
  }

  static ConvertedTokenizer convert(String where, SentencePieceModel model, SourceFolder folder) {
    return new SentencePieceConverter(where, model, folder).convert();
  }

  private ConvertedTokenizer convert() {
    List<Piece> pieces = model.pieces();
    for (int id = 0; id < pieces.size(); id++) {
      tokens.put(id, pieces.get(id).text());
    }
    for (int id = 0; id < pieces.size(); id++) {
      Type type = pieces.get(id).type();
      if (type == Type.CONTROL || type == Type.UNKNOWN || type == Type.USER_DEFINED) {
        boolean special = type != Type.USER_DEFINED;
        tokens.add(TokenizerParts.token(pieces.get(id).text(), special).put("id", id));
      }
    }
    Map<String, String> roles = new LinkedHashMap<>();
    model.text(model.bosId()).ifPresent(text -> roles.put("bos_token", text));
    model.text(model.eosId()).ifPresent(text -> roles.put("eos_token", text));
    model.text(model.unkId()).ifPresent(text -> roles.put("unk_token", text));
    model.text(model.padId()).ifPresent(text -> roles.put("pad_token", text));
    if (fairseq) {
      roles.putAll(FairseqPieces.ROLES);
      // A mask takes the space before it, as words do.
      tokens.add(TokenizerParts.special(FairseqPieces.MASK).put("lstrip", true));
    }
    boolean t5 = T5.contains(folder.family());
    if (t5) {
      addSentinels();
    }
    Map<String, String> known = folder.addTo(tokens, roles);
    JsonNode postProcessor = postProcessor(t5, known);
    ObjectNode json =
        switch (model.algorithm()) {
          case BPE -> bytePairs(postProcessor);
          case UNIGRAM -> unigram(postProcessor);
          case WORD, CHAR ->
              throw new LuthierException(
                  where
                      + " is a SentencePiece model of type "
                      + model.algorithm()
                      + "; only BPE and UNIGRAM models can be read.");
        };
    return ConvertedTokenizer.of(json, folder, known);
  }

  private void addSentinels() {
    int count = folder.config().number("extra_ids").orElse(T5_SENTINELS);
    int first = tokens.size();
    for (int i = count - 1; i >= 0; i--) {
      String text = "<extra_id_" + i + ">";
      if (!tokens.idOf().containsKey(text)) {
        tokens.add(TokenizerParts.special(text).put("id", first + count - 1 - i));
      }
    }
  }

  /**
   * BOS before a text of a byte-pair model, EOS after one of T5's, unless settings say else; both
   * around one of fairseq's.
   */
  private JsonNode postProcessor(boolean t5, Map<String, String> roles) {
    if (fairseq) {
      return TokenizerParts.around("RobertaProcessing", tokens.idOf(), "<s>", "</s>")
          .put("trim_offsets", false)
          .put("add_prefix_space", false);
    }
    boolean wantsBos =
        folder.config().addBosToken().orElse(model.algorithm() == SentencePieceModel.Algorithm.BPE);
    boolean wantsEos = folder.config().addEosToken().orElse(t5);
    Optional<String> bos = folder.role("bos_token", roles).filter(text -> wantsBos);
    Optional<String> eos = folder.role("eos_token", roles).filter(text -> wantsEos);
    return bos.isEmpty() && eos.isEmpty()
        ? TokenizerParts.none()
        : PostProcessors.template(bos, eos, tokens.idOf());
  }

  private ObjectNode bytePairs(JsonNode postProcessor) {
    Map<String, Double> scores = new LinkedHashMap<>();
    for (Piece piece : model.pieces()) {
      boolean merges = piece.type() == Type.NORMAL || piece.type() == Type.USER_DEFINED;
      if (merges && tokens.idOf().containsKey(piece.text())) {
        scores.put(piece.text(), (double) piece.score());
      }
    }
    ArrayNode merges = Merges.byScore(scores, tokens.idOf());
    ObjectNode bpe = TokenizerParts.bpe(tokens.vocabulary(), merges, false);
    model.text(model.unkId()).ifPresent(text -> bpe.put("unk_token", text));
    bpe.put("fuse_unk", true).put("byte_fallback", hasBytes());
    boolean once = model.addDummyPrefix() && prefixesOnce();
    List<JsonNode> normalizers = new ArrayList<>(spaces());
    if (model.addDummyPrefix() && !once) {
      normalizers.add(TokenizerParts.part("Prepend").put("prepend", "▁"));
    }
    if (!once) {
      normalizers.add(TokenizerParts.replace(" ", "▁"));
    }
    List<JsonNode> decoders = new ArrayList<>();
    decoders.add(TokenizerParts.replace("▁", " "));
    decoders.add(TokenizerParts.part("ByteFallback"));
    decoders.add(TokenizerParts.part("Fuse"));
    if (model.addDummyPrefix()) {
      decoders.add(TokenizerParts.part("Strip").put("content", " ").put("start", 1).put("stop", 0));
    }
    return TokenizerParts.document(
        tokens,
        TokenizerParts.sequence("normalizers", normalizers),
        once ? TokenizerParts.metaspace("first", false) : TokenizerParts.none(),
        postProcessor,
        TokenizerParts.sequence("decoders", decoders),
        bpe);
  }

  /**
   * Whether only the text's beginning gets a space, and not what follows a special token. Hugging
   * Face's {@code legacy: false} asks for it; but files published for Llama 2's vocabulary say so
   * and put spaces all the same. Those with control tokens of their own (Mistral's {@code [INST]})
   * mean it.
   */
  private boolean prefixesOnce() {
    long controls = model.pieces().stream().filter(p -> p.type() == Type.CONTROL).count();
    return !folder.config().flag("legacy").orElse(true) && controls > 2;
  }

  private boolean hasBytes() {
    return model.pieces().stream().anyMatch(piece -> piece.type() == Type.BYTE);
  }

  /** What the model does to characters, and to runs of spaces. */
  private List<JsonNode> spaces() {
    List<JsonNode> steps = new ArrayList<>();
    if (!model.charsmap().isEmpty()) {
      steps.add(TokenizerParts.part("Precompiled").put("precompiled_charsmap", model.charsmap()));
    }
    if (model.removeExtraWhitespaces()) {
      steps.add(TokenizerParts.replaceRegex("\\A +| +\\z", ""));
      steps.add(TokenizerParts.replaceRegex(" {2,}", " "));
    }
    return steps;
  }

  private ObjectNode unigram(JsonNode postProcessor) {
    ObjectNode unigram = TokenizerParts.part("Unigram").put("unk_id", model.unkId());
    ArrayNode vocabulary = unigram.putArray("vocab");
    tokens
        .tokenOf()
        .forEach(
            (id, text) -> {
              if (id != vocabulary.size()) {
                throw new LuthierException(
                    where
                        + " has no token with id "
                        + vocabulary.size()
                        + ", but the files beside it name one with id "
                        + id
                        + " (\""
                        + text
                        + "\"). A Unigram vocabulary cannot have holes.");
              }
              boolean own = id < model.pieces().size();
              vocabulary.addArray().add(text).add(own ? model.pieces().get(id).score() : 0.0);
            });
    unigram.put("byte_fallback", hasBytes());
    String prepend = model.addDummyPrefix() ? "always" : "never";
    ObjectNode metaspace = TokenizerParts.metaspace(prepend, true);
    // SentencePiece's own character maps turn white space into spaces: splitting there drops them.
    boolean splits = !model.charsmap().isEmpty() && model.removeExtraWhitespaces();
    JsonNode normalizer =
        splits ? spaces().get(0) : TokenizerParts.sequence("normalizers", spaces());
    JsonNode preTokenizer =
        splits
            ? TokenizerParts.sequence(
                "pretokenizers", List.of(TokenizerParts.part("WhitespaceSplit"), metaspace))
            : metaspace;
    return TokenizerParts.document(
        tokens, normalizer, preTokenizer, postProcessor, metaspace.deepCopy(), unigram);
  }
}
