package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The tokens of a tokenizer that is being put together, with their ids. */
final class TokenTable {
  private final String where;
  private final NavigableMap<Integer, String> tokenOf = new TreeMap<>();
  private final Map<String, Integer> idOf = new HashMap<>();
  private final Map<Integer, ObjectNode> added = new TreeMap<>();

  /**
   * @param where the file's name for messages
   */
  TokenTable(String where) {
    this.where = where;
  }

  /** A token of the vocabulary. Of tokens that are written alike the last has its id. */
  void put(int id, String token) {
    String before = tokenOf.put(id, token);
    if (before != null && !before.equals(token)) {
      throw new LuthierException(
          where + ": \"" + before + "\" and \"" + token + "\" both have id " + id);
    }
    idOf.put(token, id);
  }

  /**
   * A token that is found in texts before all else. It takes the place of another that has its id,
   * as reserved tokens are given names.
   *
   * @param token in tokenizer.json's form; without an id it has that of the vocabulary, or else the
   *     next after all others
   */
  void add(ObjectNode token) {
    String content = token.path("content").asText();
    Integer known = idOf.get(content);
    int id = token.path("id").asInt(known == null ? size() : known);
    if (known != null && known != id) {
      throw new LuthierException(
          where
              + " gives token \""
              + content
              + "\" the id "
              + known
              + ", the files beside it give it "
              + id
              + ": they belong to two tokenizers. Download the folder again.");
    }
    @Nullable String before = tokenOf.put(id, content);
    if (before != null && !before.equals(content)) {
      idOf.remove(before);
    }
    idOf.put(content, id);
    ObjectNode entry = Jackson.MAPPER.createObjectNode().put("id", id);
    entry.setAll(token);
    added.put(id, entry.put("id", id));
  }

  /** Whether the token is one of those that are found in texts before all else. */
  boolean isAdded(String token) {
    Integer id = idOf.get(token);
    return id != null && added.containsKey(id);
  }

  /** One more than the largest id. */
  int size() {
    return tokenOf.isEmpty() ? 0 : tokenOf.lastKey() + 1;
  }

  Map<String, Integer> idOf() {
    return Collections.unmodifiableMap(idOf);
  }

  /** Tokens by ascending id. */
  NavigableMap<Integer, String> tokenOf() {
    return Collections.unmodifiableNavigableMap(tokenOf);
  }

  /**
   * {@code {"token": id, ...}}. Added tokens are in it: the library numbers those that the
   * vocabulary lacks by itself, from the number of tokens on.
   */
  ObjectNode vocabulary() {
    ObjectNode vocabulary = Jackson.MAPPER.createObjectNode();
    tokenOf.forEach(
        (id, token) -> {
          if (id.equals(idOf.get(token))) {
            vocabulary.put(token, id);
          }
        });
    return vocabulary;
  }

  ArrayNode addedTokens() {
    ArrayNode all = Jackson.MAPPER.createArrayNode();
    added.values().forEach(all::add);
    return all;
  }
}
