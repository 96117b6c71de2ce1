package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The part of tokenizer.json that adds BOS and EOS, as Hugging Face's classes use it. */
final class PostProcessors {
  /**
   * Hugging Face classes (with or without "Fast") that replace tokenizer.json's post-processor by
   * one made from {@code add_bos_token} and {@code add_eos_token}, and the default of the former.
   * All other classes leave tokenizer.json as it is and ignore the two settings.
   */
  private static final Map<String, Boolean> REBUILDING =
      Map.of(
          "LlamaTokenizer", true,
          "CodeLlamaTokenizer", true,
          "GemmaTokenizer", true,
          "CohereTokenizer", true,
          "GPTNeoXTokenizer", false);

  private static final Set<String> TRIMMING = Set.of("ByteLevel", "RobertaProcessing");

  private static final Optional<String> NONE = Optional.empty();

  private PostProcessors() {}

  static JsonNode effective(JsonNode fromFile, TokenizerConfig config, Map<String, Integer> idOf) {
    untrim(fromFile);
    Boolean addsBos = REBUILDING.get(config.tokenizerClass());
    if (addsBos == null) {
      return fromFile;
    }
    boolean wantsBos = config.addBosToken().orElse(addsBos);
    boolean wantsEos = config.addEosToken().orElse(false);
    Optional<String> bos = config.token("bos_token").filter(idOf::containsKey);
    Optional<String> eos = config.token("eos_token").filter(idOf::containsKey);
    if ((wantsBos && bos.isEmpty()) || (wantsEos && eos.isEmpty())) {
      return fromFile; // Nothing to build it from: the file knows better.
    }
    return template(wantsBos ? bos : NONE, wantsEos ? eos : NONE, idOf);
  }

  /** A TemplateProcessing that puts BOS before and EOS after each text. */
  static ObjectNode template(
      Optional<String> bos, Optional<String> eos, Map<String, Integer> idOf) {
    ObjectNode out = Jackson.MAPPER.createObjectNode().put("type", "TemplateProcessing");
    ObjectNode specials = Jackson.MAPPER.createObjectNode();
    ArrayNode single = out.putArray("single");
    ArrayNode pair = out.putArray("pair");
    appendSequence(single, "A", 0, bos, eos);
    appendSequence(pair, "A", 0, bos, eos);
    appendSequence(pair, "B", 1, bos, eos);
    List.of(bos, eos)
        .forEach(
            token ->
                token.ifPresent(
                    t -> {
                      ObjectNode entry = specials.putObject(t).put("id", t);
                      entry.putArray("ids").add(idOf.get(t));
                      entry.putArray("tokens").add(t);
                    }));
    out.set("special_tokens", specials);
    return out;
  }

  private static void appendSequence(
      ArrayNode to, String name, int type, Optional<String> bos, Optional<String> eos) {
    bos.ifPresent(t -> to.addObject().putObject("SpecialToken").put("id", t).put("type_id", type));
    to.addObject().putObject("Sequence").put("id", name).put("type_id", type);
    eos.ifPresent(t -> to.addObject().putObject("SpecialToken").put("id", t).put("type_id", type));
  }

  private static void untrim(JsonNode node) {
    if (node instanceof ObjectNode object && TRIMMING.contains(node.path("type").asText())) {
      object.put("trim_offsets", false);
    }
    for (JsonNode child : node.path("processors")) {
      untrim(child);
    }
  }
}
