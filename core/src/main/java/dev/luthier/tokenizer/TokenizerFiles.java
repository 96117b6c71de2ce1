package dev.luthier.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Carries a tokenizer from the model that it came with to what is made of that model. */
public final class TokenizerFiles {
  private TokenizerFiles() {}

  /**
   * Copies {@link HfFolder#SIDE_FILES}. Where the tokenizer is in other files than tokenizer.json,
   * one is written, with the roles of tokens and the chat template beside it, so that every tool
   * opens the result.
   *
   * @param model a folder or a GGUF file
   * @param to a folder
   * @throws LuthierException when a file is malformed or cannot be written
   */
  public static void carry(Path model, Path to) {
    HfFolder.copySideFiles(model, to);
    Optional<TokenizerSource> source =
        Files.isDirectory(model)
            ? TokenizerSource.in(model)
            : Optional.of(TokenizerSource.at(model));
    if (source.isPresent() && source.get().kind() != TokenizerSource.Kind.TOKENIZER_JSON) {
      write(source.get().convert(), to);
    }
  }

  private static void write(ConvertedTokenizer tokenizer, Path to) {
    try {
      AtomicFile.writeText(to.resolve(HfFolder.TOKENIZER), TokenizerWriter.text(tokenizer.json()));
      Path file = to.resolve(HfFolder.TOKENIZER_CONFIG);
      ObjectNode config =
          Json.readIfThere(file)
              .orElseGet(
                  () ->
                      Jackson.MAPPER
                          .createObjectNode()
                          // This class leaves tokenizer.json as it is.
                          .put("tokenizer_class", "PreTrainedTokenizerFast")
                          .put("clean_up_tokenization_spaces", false));
      tokenizer.config().tokens().forEach((role, token) -> putIfAbsent(config, role, token));
      if (!config.has("chat_template") && !Files.exists(to.resolve(HfFolder.CHAT_TEMPLATE))) {
        addTemplates(config, tokenizer.config().templates());
      }
      AtomicFile.writeText(file, TokenizerWriter.text(config));
    } catch (IOException e) {
      throw new LuthierException(
          "The tokenizer cannot be written to " + to + ": " + Reason.of(e), e);
    }
  }

  private static void putIfAbsent(ObjectNode config, String role, String token) {
    if (!config.hasNonNull(role)) {
      config.put(role, token);
    }
  }

  private static void addTemplates(ObjectNode config, Map<String, String> templates) {
    if (templates.size() == 1 && templates.containsKey("default")) {
      config.put("chat_template", templates.get("default"));
    } else if (!templates.isEmpty()) {
      ArrayNode list = config.putArray("chat_template");
      templates.forEach((name, text) -> list.addObject().put("name", name).put("template", text));
    }
  }
}
