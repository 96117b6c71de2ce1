package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the files beside tokenizer.json say: tokenizer_config.json, then special_tokens_map.json for
 * the tokens the former does not name, and the chat templates.
 */
final class TokenizerConfig {
  private static final List<String> NAMES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final List<String> FLAGS =
      List.of("single_word", "lstrip", "rstrip", "normalized", "special");

  private final JsonNode config;
  private final JsonNode map;
  private final Map<String, String> tokens;
  private final Map<String, String> templates;

  private TokenizerConfig(
      JsonNode config, JsonNode map, Map<String, String> tokens, Map<String, String> templates) {
    this.config = config;
    this.map = map;
    this.tokens = tokens;
    this.templates = templates;
  }

  static TokenizerConfig empty() {
    JsonNode none = Jackson.MAPPER.createObjectNode();
    return new TokenizerConfig(none, none, Map.of(), Map.of());
  }

  /** Of a folder's files, or of a GGUF file's metadata. */
  static TokenizerConfig read(Path folder) {
    if (HfFolder.kind(folder) == HfFolder.Kind.GGUF) {
      return GgufTokenizer.config(folder);
    }
    JsonNode empty = Jackson.MAPPER.createObjectNode();
    JsonNode config = Jackson.readIfThere(folder.resolve("tokenizer_config.json")).orElse(empty);
    JsonNode map = Jackson.readIfThere(folder.resolve("special_tokens_map.json")).orElse(empty);
    Map<String, String> tokens = new LinkedHashMap<>();
    for (String name : NAMES) {
      content(config.path(name))
          .or(() -> content(map.path(name)))
          .ifPresent(t -> tokens.put(name, t));
    }
    return new TokenizerConfig(config, map, tokens, templates(folder, config));
  }

  /** What a tokenizer_config.json alone says. */
  static TokenizerConfig of(JsonNode config) {
    Map<String, String> tokens = new LinkedHashMap<>();
    NAMES.forEach(name -> content(config.path(name)).ifPresent(t -> tokens.put(name, t)));
    Map<String, String> templates = new LinkedHashMap<>();
    collect(config.path("chat_template"), templates);
    return new TokenizerConfig(config, Jackson.MAPPER.createObjectNode(), tokens, templates);
  }

  /** The same, with names of tokens for where the files are silent. */
  TokenizerConfig withDefaults(Map<String, String> names) {
    Map<String, String> all = new LinkedHashMap<>(names);
    all.putAll(tokens);
    return new TokenizerConfig(config, map, all, templates);
  }

  /** All templates by name; {@code default} is the one without a name. */
  Map<String, String> templates() {
    return templates;
  }

  /** A token is a string, or an object with the string under {@code content}, or null. */
  private static Optional<String> content(JsonNode node) {
    JsonNode text = node.isObject() ? node.path("content") : node;
    return text.isTextual() ? Optional.of(text.asText()) : Optional.empty();
  }

  /** Templates by name; the later sources are asked only for names that the earlier lack. */
  private static Map<String, String> templates(Path folder, JsonNode config) {
    Map<String, String> found = new LinkedHashMap<>();
    Path jinja = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(jinja)) {
      found.put("default", readText(jinja));
    }
    readJinjaFolder(folder.resolve("additional_chat_templates"), found);
    collect(config.path("chat_template"), found);
    Jackson.readIfThere(folder.resolve("chat_template.json"))
        .ifPresent(root -> collect(root.path("chat_template"), found));
    return found;
  }

  private static void readJinjaFolder(Path folder, Map<String, String> found) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (var files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".jinja")) {
          found.put(name.substring(0, name.length() - ".jinja".length()), readText(file));
        }
      }
    } catch (IOException e) {
      throw Jackson.unreadable(folder, e);
    }
  }

  private static String readText(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new LuthierException(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new LuthierException(file + " cannot be read: " + Reason.of(e), e);
    }
  }

  /** A template is a string, or a list of objects with {@code name} and {@code template}. */
  private static void collect(JsonNode node, Map<String, String> found) {
    if (node.isTextual()) {
      found.putIfAbsent("default", node.asText());
    }
    for (JsonNode entry : node) {
      if (entry.path("template").isTextual()) {
        found.putIfAbsent(entry.path("name").asText("default"), entry.path("template").asText());
      }
    }
  }

  Optional<String> template(boolean tools) {
    Optional<String> named =
        tools ? Optional.ofNullable(templates.get("tool_use")) : Optional.empty();
    return named.or(() -> Optional.ofNullable(templates.get("default")));
  }

  /** The token under one of Hugging Face's names, such as {@code bos_token}. */
  Optional<String> token(String name) {
    return Optional.ofNullable(tokens.get(name));
  }

  Map<String, String> tokens() {
    return tokens;
  }

  /** Hugging Face's class name without "Fast"; empty where none is named. */
  String tokenizerClass() {
    String name = config.path("tokenizer_class").asText("");
    return name.endsWith("Fast") ? name.substring(0, name.length() - "Fast".length()) : name;
  }

  Optional<Boolean> addBosToken() {
    return flag("add_bos_token");
  }

  Optional<Boolean> addEosToken() {
    return flag("add_eos_token");
  }

  /** A setting that is true or false. */
  Optional<Boolean> flag(String name) {
    JsonNode node = config.path(name);
    return node.isBoolean() ? Optional.of(node.asBoolean()) : Optional.empty();
  }

  /** A setting that is a whole number. */
  Optional<Integer> number(String name) {
    JsonNode node = config.path(name);
    return node.isInt() ? Optional.of(node.asInt()) : Optional.empty();
  }

  /** {@code added_tokens_decoder} in tokenizer.json's form, by ascending id. */
  List<ObjectNode> addedTokens() {
    Map<Integer, ObjectNode> byId = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : config.path("added_tokens_decoder").properties()) {
      if (entry.getValue() instanceof ObjectNode token && entry.getKey().matches("\\d{1,9}")) {
        int id = Integer.parseInt(entry.getKey());
        ObjectNode copy = Jackson.MAPPER.createObjectNode().put("id", id);
        copy.put("content", token.path("content").asText());
        FLAGS.forEach(flag -> copy.put(flag, token.path(flag).asBoolean()));
        byId.put(id, copy);
      }
    }
    return new ArrayList<>(byId.values());
  }

  /**
   * Every token that a file names as special, under a role or in a list, in tokenizer.json's form
   * but for the id.
   */
  List<ObjectNode> specialTokens() {
    Map<String, ObjectNode> found = new LinkedHashMap<>();
    for (JsonNode file : List.of(map, config)) { // the former has flags more often
      NAMES.forEach(name -> collectSpecial(file.path(name), found));
      file.path("additional_special_tokens").forEach(node -> collectSpecial(node, found));
      file.path("extra_special_tokens").forEach(node -> collectSpecial(node, found));
    }
    return new ArrayList<>(found.values());
  }

  private static void collectSpecial(JsonNode node, Map<String, ObjectNode> found) {
    content(node)
        .filter(text -> !found.containsKey(text))
        .ifPresent(
            text -> {
              ObjectNode token = Jackson.MAPPER.createObjectNode().put("content", text);
              FLAGS.forEach(flag -> token.put(flag, node.path(flag).asBoolean()));
              found.put(text, token.put("special", true));
            });
  }
}
