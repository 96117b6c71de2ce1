package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;

/**
 * A tokenizer from files other than tokenizer.json.
 *
 * @param json a whole tokenizer.json
 * @param roles what the source says of the roles of tokens, such as {@code bos_token}; the files
 *     beside it come first
 * @param template the source's own chat template, likewise
 */
record ConvertedTokenizer(ObjectNode json, Map<String, String> roles, Optional<String> template) {}
