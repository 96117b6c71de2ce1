package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What stands beside a vocabulary and is needed to read it.
 *
 * @param config tokenizer_config.json and special_tokens_map.json
 * @param modelType config.json's {@code model_type}, or empty
 * @param llama31 whether the model's positions are stretched as since Llama 3.1
 * @param addedTokens added_tokens.json: id by token
 */
record SourceFolder(
    TokenizerConfig config, String modelType, boolean llama31, Map<String, Integer> addedTokens) {
  static SourceFolder read(Path folder) {
    ObjectNode empty = Jackson.MAPPER.createObjectNode();
    ObjectNode model = Json.readIfThere(folder.resolve(HfFolder.CONFIG)).orElse(empty);
    ObjectNode meta = Json.readIfThere(folder.resolve("params.json")).orElse(empty);
    boolean llama31 =
        model.path("rope_scaling").path("rope_type").asText().equals("llama3")
            || meta.path("use_scaled_rope").asBoolean();
    Map<String, Integer> added = new LinkedHashMap<>();
    Json.readIfThere(folder.resolve("added_tokens.json"))
        .ifPresent(
            file ->
                file.properties()
                    .forEach(token -> added.put(token.getKey(), id(token.getValue()))));
    return new SourceFolder(
        TokenizerConfig.read(folder), model.path("model_type").asText(""), llama31, added);
  }

  private static int id(JsonNode node) {
    return node.asInt(-1);
  }

  /** What the folder says of the family: the tokenizer's class, else the model's type. */
  String family() {
    String named = config.tokenizerClass();
    return named.isEmpty() || named.startsWith("PreTrainedTokenizer") ? modelType : named;
  }

  /**
   * Adds the tokens that the folder names: those with ids first, then special tokens, which get the
   * next ids where the vocabulary lacks them.
   *
   * @param roles the family's own names of special tokens, for where the folder is silent
   * @return the roles of tokens of the table
   */
  Map<String, String> addTo(TokenTable table, Map<String, String> roles) {
    List<ObjectNode> special = config.specialTokens();
    List<ObjectNode> described = config.addedTokens();
    described.forEach(table::add);
    if (described.isEmpty()) {
      Map<Integer, ObjectNode> byId = new TreeMap<>();
      addedTokens.forEach(
          (text, id) -> {
            boolean isSpecial =
                special.stream().anyMatch(t -> t.path("content").asText().equals(text));
            ObjectNode token = TokenizerParts.token(text, isSpecial).put("normalized", !isSpecial);
            byId.put(id, token.put("id", id));
          });
      byId.values().forEach(table::add);
    }
    special.stream()
        .filter(token -> !table.isAdded(token.path("content").asText()))
        .forEach(table::add);
    Map<String, String> known = new LinkedHashMap<>();
    roles.forEach(
        (role, text) -> {
          if (config.token(role).isEmpty() && table.idOf().containsKey(text)) {
            known.put(role, text);
            if (!table.isAdded(text)) {
              table.add(TokenizerParts.special(text));
            }
          }
        });
    return known;
  }

  /** The token in a role, by the folder or else by the family. */
  Optional<String> role(String name, Map<String, String> roles) {
    return config.token(name).or(() -> Optional.ofNullable(roles.get(name)));
  }
}
