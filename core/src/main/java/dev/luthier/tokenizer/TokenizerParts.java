package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** The pieces that a tokenizer.json is put together from. */
final class TokenizerParts {
  private TokenizerParts() {}

  static ObjectNode part(String type) {
    return Jackson.MAPPER.createObjectNode().put("type", type);
  }

  static JsonNode none() {
    return Jackson.MAPPER.getNodeFactory().nullNode();
  }

  /** A special token without its id. */
  static ObjectNode special(String content) {
    return token(content, true);
  }

  /** An added token without its id, found in texts as it is written. */
  static ObjectNode token(String content, boolean special) {
    ObjectNode token = Jackson.MAPPER.createObjectNode().put("content", content);
    token.put("single_word", false).put("lstrip", false).put("rstrip", false);
    return token.put("normalized", false).put("special", special);
  }

  /**
   * GPT-2's letters for bytes; the same part decodes.
   *
   * @param splits whether it also cuts text into words by GPT-2's pattern
   */
  static ObjectNode byteLevel(boolean addPrefixSpace, boolean splits) {
    return part("ByteLevel")
        .put("add_prefix_space", addPrefixSpace)
        .put("trim_offsets", false)
        .put("use_regex", splits);
  }

  static ObjectNode split(String regex) {
    return split("Regex", regex, "Isolated");
  }

  private static ObjectNode split(String kind, String pattern, String behavior) {
    ObjectNode split = part("Split").put("behavior", behavior).put("invert", false);
    split.putObject("pattern").put(kind, pattern);
    return split;
  }

  static ObjectNode replace(String text, String by) {
    return replacing("String", text, by);
  }

  static ObjectNode replaceRegex(String regex, String by) {
    return replacing("Regex", regex, by);
  }

  private static ObjectNode replacing(String kind, String pattern, String by) {
    ObjectNode replace = part("Replace").put("content", by);
    replace.putObject("pattern").put(kind, pattern);
    return replace;
  }

  /**
   * {@code ▁} for spaces.
   *
   * @param prepend whether each stretch of text gets one at its beginning: {@code always}, {@code
   *     first} or {@code never}
   */
  static ObjectNode metaspace(String prepend, boolean splits) {
    return part("Metaspace")
        .put("replacement", "▁")
        .put("prepend_scheme", prepend)
        .put("split", splits);
  }

  /** Nothing, the one step, or a {@code Sequence} with the steps under {@code field}. */
  static JsonNode sequence(String field, List<? extends JsonNode> steps) {
    if (steps.size() < 2) {
      return steps.isEmpty() ? none() : steps.get(0);
    }
    ObjectNode all = part("Sequence");
    all.putArray(field).addAll(steps);
    return all;
  }

  /**
   * A byte-pair model.
   *
   * @param wholeWords whether a word that is a token is taken as it is, merges or not
   */
  static ObjectNode bpe(ObjectNode vocabulary, ArrayNode merges, boolean wholeWords) {
    ObjectNode model = part("BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", wholeWords);
    model.set("vocab", vocabulary);
    model.set("merges", merges);
    return model;
  }

  /** BERT's and RoBERTa's way to put a token before and one after each text. */
  static ObjectNode around(String type, Map<String, Integer> idOf, String first, String last) {
    ObjectNode processor = part(type);
    processor.putArray("sep").add(last).add(idOf.get(last));
    processor.putArray("cls").add(first).add(idOf.get(first));
    return processor;
  }

  static ObjectNode document(
      TokenTable tokens,
      JsonNode normalizer,
      JsonNode preTokenizer,
      JsonNode postProcessor,
      JsonNode decoder,
      ObjectNode model) {
    ObjectNode root = Jackson.MAPPER.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    root.set("added_tokens", tokens.addedTokens());
    root.set("normalizer", normalizer);
    root.set("pre_tokenizer", preTokenizer);
    root.set("post_processor", postProcessor);
    root.set("decoder", decoder);
    root.set("model", model);
    return root;
  }
}
