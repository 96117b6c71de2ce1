package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * A tokenizer from files other than tokenizer.json.
 *
 * @param json a whole tokenizer.json
 * @param config what stands beside it
 */
record ConvertedTokenizer(ObjectNode json, TokenizerConfig config) {
  /**
   * @param roles what the source says of the roles of tokens, for where the folder is silent
   */
  static ConvertedTokenizer of(ObjectNode json, SourceFolder folder, Map<String, String> roles) {
    return new ConvertedTokenizer(json, folder.config().withDefaults(roles));
  }
}
