package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.SentencePieceModel.Piece;
import dev.luthier.tokenizer.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The ids of models that were trained with fairseq: its own special tokens go before
 * SentencePiece's pieces, which therefore have other ids than in the file, and the mask comes after
 * them.
 */
final class FairseqPieces {
  static final String MASK = "<mask>";

  /** The roles that the file does not know of. */
  static final Map<String, String> ROLES =
      Map.of("cls_token", "<s>", "sep_token", "</s>", "mask_token", MASK);

  /** The name under which files are published whose ids are not those of their pieces. */
  private static final String FILE = "sentencepiece.bpe.model";

  private static final Set<String> XLM_ROBERTA = Set.of("XLMRobertaTokenizer", "xlm-roberta");
  private static final Set<String> CAMEMBERT = Set.of("CamembertTokenizer", "camembert");
  private static final List<String> FIRST = List.of("<unk>", "<s>", "</s>");

  private FairseqPieces() {}

  /** Whether models of this family have such ids. */
  static boolean isFor(String family) {
    return XLM_ROBERTA.contains(family) || CAMEMBERT.contains(family);
  }

  /**
   * Refuses a file whose name says that its ids are others, and that no family explains.
   *
   * @throws LuthierException if it is one
   */
  static void check(Path file, String family) {
    if (file.endsWith(FILE) && !isFor(family)) {
      throw new LuthierException(
          file
              + " leaves open which ids its pieces have, and the files beside it name "
              + (family.isEmpty() ? "no family" : family)
              + ". Known are XLM-RoBERTa's and CamemBERT's: say model_type in config.json or"
              + " tokenizer_class in tokenizer_config.json, or put a tokenizer.json into the"
              + " folder.");
    }
  }

  /**
   * The model with its pieces in the order of their ids.
   *
   * @param where for messages
   * @throws LuthierException if it does not begin with the pieces that are replaced
   */
  static SentencePieceModel of(SentencePieceModel model, String family, String where) {
    List<Piece> pieces = model.pieces();
    if (pieces.size() < 3
        || !pieces.subList(0, 3).stream().map(Piece::text).toList().equals(FIRST)) {
      throw new LuthierException(
          where
              + " does not begin with <unk>, <s> and </s>, as those of "
              + family
              + " do. Put a tokenizer.json into the folder.");
    }
    boolean camembert = CAMEMBERT.contains(family);
    List<Piece> out = new ArrayList<>();
    out.add(special(camembert ? "<s>NOTUSED" : "<s>", Type.CONTROL));
    out.add(special("<pad>", Type.CONTROL));
    out.add(special(camembert ? "</s>NOTUSED" : "</s>", Type.CONTROL));
    out.add(special("<unk>", Type.UNKNOWN));
    if (camembert) {
      out.add(special("<unk>NOTUSED", Type.CONTROL));
    }
    out.addAll(pieces.subList(camembert ? 1 : 3, pieces.size()));
    out.add(special(MASK, Type.CONTROL));
    int bos = camembert ? 5 : 0;
    int eos = camembert ? 6 : 2;
    return model.withPieces(out, 3, bos, eos, 1);
  }

  private static Piece special(String text, Type type) {
    return new Piece(text, 0, type);
  }
}
