package dev.luthier.tokenizer;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a trained vocabulary as Hugging Face's files: tokenizer.json (which alone decides how text
 * is encoded), tokenizer_config.json, special_tokens_map.json and, where there is a chat template,
 * chat_template.jinja. Each file is replaced as a whole or not at all.
 */
public final class TokenizerWriter {
  private TokenizerWriter() {}

  /**
   * @param folder made where it is not there
   * @throws LuthierException when a file cannot be written
   * @throws IllegalArgumentException when a role is given to a token that is not a special one
   */
  public static void write(TrainedBpe bpe, TokenizerRoles roles, Path folder) {
    Map<String, String> named = named(bpe, roles);
    try {
      Files.createDirectories(folder);
      AtomicFile.writeText(folder.resolve("tokenizer.json"), text(tokenizerJson(bpe, roles)));
      AtomicFile.writeText(
          folder.resolve("tokenizer_config.json"), text(config(bpe, roles, named)));
      ObjectNode map = Jackson.MAPPER.createObjectNode();
      named.forEach(map::put);
      AtomicFile.writeText(folder.resolve("special_tokens_map.json"), text(map));
      if (roles.chatTemplate().isPresent()) {
        AtomicFile.writeText(folder.resolve("chat_template.jinja"), roles.chatTemplate().get());
      }
    } catch (IOException e) {
      throw new LuthierException("The tokenizer cannot be written to " + folder + ": " + e, e);
    }
  }

  private static Map<String, String> named(TrainedBpe bpe, TokenizerRoles roles) {
    Map<String, String> named = new LinkedHashMap<>();
    roles.bos().ifPresent(t -> named.put("bos_token", t));
    roles.eos().ifPresent(t -> named.put("eos_token", t));
    roles.pad().ifPresent(t -> named.put("pad_token", t));
    roles.unk().ifPresent(t -> named.put("unk_token", t));
    if (roles.mask().isPresent()) {
      named.put("mask_token", roles.mask().get());
      roles.bos().ifPresent(t -> named.put("cls_token", t));
      roles.eos().ifPresent(t -> named.put("sep_token", t));
    }
    for (Map.Entry<String, String> role : named.entrySet()) {
      if (!bpe.specialTokens().contains(role.getValue())) {
        throw new IllegalArgumentException(
            role.getKey() + " is " + role.getValue() + ", not one of " + bpe.specialTokens());
      }
    }
    return named;
  }

  private static ObjectNode tokenizerJson(TrainedBpe bpe, TokenizerRoles roles) {
    ObjectNode root = Jackson.MAPPER.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < bpe.specialTokens().size(); id++) {
      added.add(special(bpe, roles, id).put("id", id));
    }
    root.putNull("normalizer");
    root.set("pre_tokenizer", TokenizerParts.byteLevel(false, true));
    root.set("post_processor", postProcessor(bpe, roles));
    root.set("decoder", TokenizerParts.byteLevel(true, true));
    root.set("model", model(bpe));
    return root;
  }

  /** A mask takes the space before it, as the words do that it stands for. */
  private static ObjectNode special(TrainedBpe bpe, TokenizerRoles roles, int id) {
    String token = bpe.specialTokens().get(id);
    boolean mask = roles.mask().filter(token::equals).isPresent();
    return TokenizerParts.special(token).put("lstrip", mask);
  }

  private static JsonNode postProcessor(TrainedBpe bpe, TokenizerRoles roles) {
    if (!roles.addBos()) {
      return Jackson.MAPPER.getNodeFactory().nullNode();
    }
    Map<String, Integer> ids = new HashMap<>();
    roles.bos().ifPresent(t -> ids.put(t, bpe.vocabulary().indexOf(t)));
    Optional<String> last = roles.mask().flatMap(mask -> roles.eos());
    last.ifPresent(t -> ids.put(t, bpe.vocabulary().indexOf(t)));
    return PostProcessors.template(roles.bos(), last, ids);
  }

  private static ObjectNode model(TrainedBpe bpe) {
    ObjectNode model = Jackson.MAPPER.createObjectNode().put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    model.put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < bpe.vocabulary().size(); id++) {
      vocabulary.put(bpe.vocabulary().get(id), id);
    }
    ArrayNode merges = model.putArray("merges");
    // One string per merge: read by every version of the library, unlike pairs.
    bpe.merges().forEach(merge -> merges.add(merge.first() + " " + merge.second()));
    return model;
  }

  private static ObjectNode config(
      TrainedBpe bpe, TokenizerRoles roles, Map<String, String> named) {
    ObjectNode root = Jackson.MAPPER.createObjectNode();
    // This class leaves tokenizer.json as it is.
    root.put("tokenizer_class", "PreTrainedTokenizerFast");
    named.forEach(root::put);
    root.put("model_max_length", roles.modelMaxLength());
    root.put("clean_up_tokenization_spaces", false);
    ObjectNode added = root.putObject("added_tokens_decoder");
    for (int id = 0; id < bpe.specialTokens().size(); id++) {
      added.set(Integer.toString(id), special(bpe, roles, id));
    }
    return root;
  }

  /** Indented, as Hugging Face's files are. */
  static String text(JsonNode node) throws IOException {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter()
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n"));
    return Jackson.MAPPER.writer(printer).writeValueAsString(node) + "\n";
  }
}
