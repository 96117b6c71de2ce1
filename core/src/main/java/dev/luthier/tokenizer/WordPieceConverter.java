package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** BERT's {@code vocab.txt}: a token per line, its id the line's number from 0 on. */
final class WordPieceConverter {
  private static final Map<String, String> ROLES =
      Map.of(
          "unk_token", "[UNK]",
          "sep_token", "[SEP]",
          "pad_token", "[PAD]",
          "cls_token", "[CLS]",
          "mask_token", "[MASK]");

  private static final Set<String> FAMILIES =
      Set.of(
          "",
          "BertTokenizer",
          "DistilBertTokenizer",
          "ElectraTokenizer",
          "MobileBertTokenizer",
          "ConvBertTokenizer",
          "LxmertTokenizer",
          "bert",
          "distilbert",
          "electra",
          "mobilebert",
          "convbert",
          "lxmert");

  private WordPieceConverter() {}

  static ConvertedTokenizer convert(Path file, SourceFolder folder) {
    if (!FAMILIES.contains(folder.family())) {
      throw new LuthierException(
          file
              + " is read as BERT's kind of vocabulary, but the files beside it name "
              + folder.family()
              + ". Save a tokenizer.json with that class and put it into the folder.");
    }
    TokenTable tokens = new TokenTable(file.toString());
    List<String> lines = SourceText.lines(file);
    for (int id = 0; id < lines.size(); id++) {
      tokens.put(id, lines.get(id));
    }
    TokenizerConfig config = folder.config();
    ObjectNode normalizer = TokenizerParts.part("BertNormalizer").put("clean_text", true);
    normalizer.put("handle_chinese_chars", config.flag("tokenize_chinese_chars").orElse(true));
    config
        .flag("strip_accents")
        .ifPresentOrElse(
            strips -> normalizer.put("strip_accents", strips),
            () -> normalizer.putNull("strip_accents"));
    normalizer.put("lowercase", config.flag("do_lower_case").orElse(true));
    return convert(tokens, normalizer, folder, file.toString());
  }

  /**
   * @param tokens the vocabulary, with {@code ##} before what continues a word
   */
  static ConvertedTokenizer convert(
      TokenTable tokens, ObjectNode normalizer, SourceFolder folder, String where) {
    Map<String, String> roles = folder.addTo(tokens, ROLES);
    String unk = required("unk_token", folder, roles, tokens, where);
    ObjectNode model = TokenizerParts.part("WordPiece").put("unk_token", unk);
    model.put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
    model.set("vocab", tokens.vocabulary());
    ObjectNode json =
        TokenizerParts.document(
            tokens,
            normalizer,
            TokenizerParts.part("BertPreTokenizer"),
            TokenizerParts.around(
                "BertProcessing",
                tokens.idOf(),
                required("cls_token", folder, roles, tokens, where),
                required("sep_token", folder, roles, tokens, where)),
            TokenizerParts.part("WordPiece").put("prefix", "##").put("cleanup", true),
            model);
    return ConvertedTokenizer.of(json, folder, roles);
  }

  private static String required(
      String role,
      SourceFolder folder,
      Map<String, String> roles,
      TokenTable tokens,
      String where) {
    return folder
        .role(role, roles)
        .filter(tokens.idOf()::containsKey)
        .orElseThrow(
            () ->
                new LuthierException(
                    where
                        + " has no "
                        + ROLES.get(role)
                        + ", which BERT's kind of vocabulary needs. Name the token that stands for"
                        + " it as "
                        + role
                        + " in tokenizer_config.json."));
  }
}
