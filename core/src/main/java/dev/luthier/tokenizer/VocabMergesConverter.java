package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.luthier.LuthierException;
import dev.luthier.format.Json;
import java.nio.file.Path;
import java.util.List;
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
    ArrayNode merges = merges(mergesFile, vocabulary, tokens.idOf());
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

  private static ArrayNode merges(Path file, Path vocabulary, Map<String, Integer> idOf) {
    ArrayNode merges = Jackson.MAPPER.createArrayNode();
    List<String> lines = SourceText.lines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty() || (i == 0 && line.startsWith("#version"))) {
        continue;
      }
      String[] parts = line.split(" ", -1);
      if (parts.length != 2) {
        throw new LuthierException(
            file + " line " + (i + 1) + ": expected two tokens and a space, found \"" + line + '"');
      }
      for (String token : List.of(parts[0], parts[1], parts[0] + parts[1])) {
        if (!idOf.containsKey(token)) {
          throw new LuthierException(
              file
                  + " line "
                  + (i + 1)
                  + " merges \""
                  + line
                  + "\", but "
                  + vocabulary.getFileName()
                  + " has no \""
                  + token
                  + "\": the two files belong to two tokenizers. Download both again.");
        }
      }
      merges.add(line);
    }
    return merges;
  }
}
