package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Gives a tokenizer more special tokens. Tokens that the model's makers set aside without a use are
 * renamed first, by ascending id, for they have rows in the embedding already; further tokens get
 * the next ids after all.
 */
public final class NewTokens {
  /** Llama 3; Gemma; BERT; Qwen 1; Phi-3; Mistral; Mistral Nemo; Phi-4 and GLM. */
  private static final Pattern RESERVED =
      Pattern.compile(
          "<\\|reserved_special_token_\\d+\\|>|<unused\\d+>|\\[unused\\d+]|<\\|extra_\\d+\\|>"
              + "|<\\|placeholder\\d+\\|>|\\[control_\\d+]|<SPECIAL_\\d+>|<\\|dummy_\\d+\\|>");

  private NewTokens() {}

  /**
   * A token that the tokenizer did not have.
   *
   * @param text as it stands in texts
   * @param id its row of the embedding, which is not trained yet
   * @param reserved the name that the id had before; empty if the id is new, too
   */
  public record NewToken(String text, int id, Optional<String> reserved) {}

  /**
   * Writes the model's tokenizer with the tokens added, as {@link TokenizerFiles#carry} does
   * without.
   *
   * @param model a folder or a GGUF file
   * @param texts the tokens; those that the tokenizer has already stay as they are
   * @param to a folder
   * @return the new ones, in the order of {@code texts}
   * @throws UsageException when a text is empty or named twice
   * @throws LuthierException when a file is malformed or cannot be written
   */
  public static List<NewToken> add(Path model, List<String> texts, Path to) {
    return write(model, texts, to).added();
  }

  private static Extended write(Path model, List<String> texts, Path to) {
    check(texts);
    Tokenizer before = Tokenizer.load(model);
    List<NewToken> added = plan(before, texts);
    TokenizerFiles.carry(model, to);
    if (added.isEmpty()) {
      return new Extended(before, added);
    }
    Path json = to.resolve(HfFolder.TOKENIZER);
    Path config = to.resolve(HfFolder.TOKENIZER_CONFIG);
    try {
      ObjectNode settings =
          Json.readIfThere(config).orElseGet(() -> Jackson.MAPPER.createObjectNode());
      AtomicFile.writeText(
          json, TokenizerWriter.text(renamed(Json.read(json, Json.VOCABULARY_BYTES), added)));
      AtomicFile.writeText(config, TokenizerWriter.text(described(settings, added)));
    } catch (IOException e) {
      throw new LuthierException(
          "The tokenizer cannot be written to " + to + ": " + Reason.of(e), e);
    }
    Tokenizer after = Tokenizer.load(to);
    verify(after, added, json);
    return new Extended(after, added);
  }

  /**
   * A model's tokenizer with tokens added.
   *
   * @param tokenizer all of it
   * @param added the new ones
   */
  public record Extended(Tokenizer tokenizer, List<NewToken> added) {}

  /**
   * The tokenizer that {@link #add} writes, in memory.
   *
   * @param model a folder or a GGUF file
   */
  public static Extended extend(Path model, List<String> texts) {
    if (texts.isEmpty()) {
      return new Extended(Tokenizer.load(model), List.of());
    }
    try {
      Path folder = Files.createTempDirectory("luthier-tokens");
      try {
        return write(model, texts, folder);
      } finally {
        AtomicFile.deleteTree(folder);
      }
    } catch (IOException e) {
      throw new LuthierException(
          "No temporary folder can be made for the tokenizer: " + Reason.of(e), e);
    }
  }

  private static void check(List<String> texts) {
    Set<String> seen = new HashSet<>();
    for (String text : texts) {
      if (text.isBlank()) {
        throw new UsageException("A new token is empty; give it a name such as <|user|>");
      }
      if (!seen.add(text)) {
        throw new UsageException("The new token \"" + text + "\" is named twice");
      }
    }
  }

  private static List<NewToken> plan(Tokenizer tokenizer, List<String> texts) {
    Deque<Integer> free = new ArrayDeque<>();
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      if (tokenizer.isToken(id)
          && RESERVED.matcher(tokenizer.token(id)).matches()
          && !texts.contains(tokenizer.token(id))) {
        free.add(id);
      }
    }
    int next = tokenizer.vocabSize();
    List<NewToken> added = new ArrayList<>();
    for (String text : texts) {
      if (tokenizer.idOf(text).isEmpty()) {
        Integer id = free.poll();
        added.add(
            id == null
                ? new NewToken(text, next++, Optional.empty())
                : new NewToken(text, id, Optional.of(tokenizer.token(id))));
      }
    }
    return List.copyOf(added);
  }

  /** tokenizer.json with the tokens among its added ones, and without the names they replace. */
  private static ObjectNode renamed(ObjectNode root, List<NewToken> added) {
    Map<String, String> newName = newNames(added);
    Map<Integer, JsonNode> byId = new TreeMap<>();
    root.path("added_tokens").forEach(token -> byId.put(token.path("id").asInt(), token));
    added.forEach(
        token -> byId.put(token.id(), TokenizerParts.special(token.text()).put("id", token.id())));
    ArrayNode all = root.putArray("added_tokens");
    byId.values().forEach(all::add);
    if (!newName.isEmpty() && root.path("model") instanceof ObjectNode model) {
      model.set("vocab", vocabulary(model.path("vocab"), newName));
      if (model.path("merges") instanceof ArrayNode merges) {
        merges.removeIf(merge -> names(merge, newName.keySet()));
      }
    }
    return root;
  }

  private static Map<String, String> newNames(List<NewToken> added) {
    Map<String, String> newName = new LinkedHashMap<>();
    added.forEach(token -> token.reserved().ifPresent(old -> newName.put(old, token.text())));
    return newName;
  }

  /** Of names to ids, or of Unigram's pairs of name and score. */
  private static JsonNode vocabulary(JsonNode old, Map<String, String> newName) {
    if (old instanceof ArrayNode pairs) {
      for (JsonNode pair : pairs) {
        String name = newName.get(pair.path(0).asText());
        if (name != null) {
          ((ArrayNode) pair).set(0, TextNode.valueOf(name));
        }
      }
      return pairs;
    }
    ObjectNode out = Jackson.MAPPER.createObjectNode();
    old.properties()
        .forEach(
            token ->
                out.set(newName.getOrDefault(token.getKey(), token.getKey()), token.getValue()));
    return out;
  }

  /** Whether a merge, written as one string or as a pair, makes one of the tokens. */
  private static boolean names(JsonNode merge, Set<String> tokens) {
    String joined =
        merge.isArray()
            ? merge.path(0).asText() + merge.path(1).asText()
            : merge.asText().replaceFirst(" ", "");
    return tokens.contains(joined);
  }

  /** tokenizer_config.json likewise, which would bring the old names back. */
  private static ObjectNode described(ObjectNode config, List<NewToken> added) {
    Map<String, String> newName = newNames(added);
    ObjectNode decoder =
        config.path("added_tokens_decoder") instanceof ObjectNode there
            ? there
            : config.putObject("added_tokens_decoder");
    added.forEach(
        token -> decoder.set(Integer.toString(token.id()), TokenizerParts.special(token.text())));
    if (config.path("additional_special_tokens") instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        String name = newName.get(list.get(i).asText());
        if (name != null) {
          list.set(i, TextNode.valueOf(name));
        }
      }
    }
    return config;
  }

  private static void verify(Tokenizer tokenizer, List<NewToken> added, Path json) {
    for (NewToken token : added) {
      int[] ids = tokenizer.encodeIds(token.text(), false);
      if (ids.length != 1 || ids[0] != token.id()) {
        throw new LuthierException(
            json
                + " with the new token \""
                + token.text()
                + "\" does not give it the id "
                + token.id()
                + ": ids of its added tokens do not follow those of its vocabulary. Save the"
                + " tokenizer anew with Hugging Face's library first.");
      }
    }
  }
}
