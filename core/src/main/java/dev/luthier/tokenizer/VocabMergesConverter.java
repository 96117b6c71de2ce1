package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import java.nio.file.Path;
import java.util.Map;

/** GPT-2's {@code vocab.json} and {@code merges.txt}, also as encoder.json and vocab.bpe. */
final class VocabMergesConverter {
  private VocabMergesConverter() {}

  static ConvertedTokenizer convert(Path vocabulary, Path mergesFile, SourceFolder folder) {
    TokenTable tokens = new TokenTable(vocabulary.toString());
    for (Map.Entry<String, JsonNode> entry :
        Json.read(vocabulary, Json.VOCABULARY_BYTES).properties()) {
      if (!entry.getValue().canConvertToInt()) {
        throw new LuthierException(
            vocabulary
                + ": expected a number as the id of \""
                + entry.getKey()
                + "\", found "
                + entry.getValue());
      }
      tokens.put(entry.getValue().asInt(), entry.getKey());
    }
    ByteLevelFamily family =
        ByteLevelFamily.of(folder, tokens.idOf().keySet())
            .orElseThrow(() -> unknown(vocabulary, mergesFile, folder));
    ArrayNode merges =
        Merges.checked(SourceText.lines(mergesFile), tokens.idOf(), mergesFile + " line ");
    return family.convert(tokens, merges, folder);
  }

  private static LuthierException unknown(Path vocabulary, Path merges, SourceFolder folder) {
    String named =
        folder.family().isEmpty()
            ? "and the folder names no tokenizer_class or model_type"
            : "and nothing is known of " + folder.family();
    return new LuthierException(
        vocabulary
            + " and "
            + merges.getFileName()
            + " do not say how text is cut into words, "
            + named
            + ". Save a tokenizer.json with Hugging Face's fast class, or name one of these as"
            + " tokenizer_class in tokenizer_config.json: "
            + String.join(", ", ByteLevelFamily.known()));
  }
}
