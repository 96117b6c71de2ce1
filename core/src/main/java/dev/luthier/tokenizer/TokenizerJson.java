package dev.luthier.tokenizer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * One tokenizer.json: its vocabulary, and its text as handed to the Rust library, which differs
 * from the file: no truncation, no padding, no dropout of merges, untrimmed offsets; and, where the
 * model's Hugging Face class says so, its own rule for BOS and EOS.
 *
 * @param json what the library reads
 * @param idOf token to id, added tokens included
 * @param specialIds ids of added tokens marked special
 * @param byteFallback whether tokens such as {@code <0x0A>} stand for bytes when decoding
 * @param added the added tokens by id
 * @param preTokenizer what cuts text into pieces
 * @param decoder what makes text of tokens
 * @param spelling how the tokens spell text
 */
record TokenizerJson(
    String json,
    Map<String, Integer> idOf,
    Set<Integer> specialIds,
    boolean byteFallback,
    Map<Integer, JsonNode> added,
    JsonNode preTokenizer,
    JsonNode decoder,
    TokenPlaces.Spelling spelling) {

  static TokenizerJson read(Path file, TokenizerConfig config) {
    try (JsonParser in = Jackson.MAPPER.getFactory().createParser(Files.newBufferedReader(file))) {
      return new Reader(config).read(in);
    } catch (IOException e) {
      throw Jackson.unreadable(file, e);
    }
  }

  /**
   * @param converted a tokenizer.json that was made in memory
   * @param source the file that it was made of
   */
  static TokenizerJson of(ObjectNode converted, Path source, TokenizerConfig config) {
    try (JsonParser in = Jackson.MAPPER.treeAsTokens(converted)) {
      return new Reader(config).read(in);
    } catch (IOException e) {
      throw Jackson.unreadable(source, e);
    }
  }

  /** Copies the file field by field, so that a vocabulary of 250,000 tokens is never a tree. */
  private static final class Reader {
    private static final Set<String> AFFIXES =
        Set.of("continuing_subword_prefix", "end_of_word_suffix");

    private final TokenizerConfig config;
    private final Map<String, Integer> idOf = new HashMap<>();
    private final Set<Integer> specialIds = new HashSet<>();
    private boolean byteFallback;
    private JsonNode normalizer = MissingNode.getInstance();
    private JsonNode preTokenizer = MissingNode.getInstance();
    private JsonNode decoder = MissingNode.getInstance();
    private String model = "";

    /** Whether tokens inside or at the end of a word are written differently. */
    private boolean affixed;

    Reader(TokenizerConfig config) {
      this.config = config;
    }

    TokenizerJson read(JsonParser in) throws IOException {
      StringWriter text = new StringWriter();
      JsonNode postProcessor = Jackson.MAPPER.getNodeFactory().nullNode();
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("expected a JSON object, found " + in.currentToken());
      }
      ArrayNode added = Jackson.MAPPER.createArrayNode();
      try (JsonGenerator out = Jackson.MAPPER.getFactory().createGenerator(text)) {
        out.writeStartObject();
        while (in.nextToken() == JsonToken.FIELD_NAME) {
          String field = in.currentName();
          in.nextToken();
          switch (field) {
            case "truncation", "padding" -> in.skipChildren();
            case "post_processor" -> {
              postProcessor = Jackson.MAPPER.readTree(in);
              HostileFiles.checkTemplates(postProcessor);
            }
            case "normalizer" -> {
              normalizer = Jackson.MAPPER.readTree(in);
              HostileFiles.checkCharacterMaps(normalizer);
              out.writePOJOField(field, normalizer);
            }
            case "pre_tokenizer" -> {
              preTokenizer = Jackson.MAPPER.readTree(in);
              out.writePOJOField(field, preTokenizer);
            }
            case "added_tokens" -> added = added(Jackson.MAPPER.readTree(in));
            case "model" -> {
              out.writeFieldName(field);
              copyModel(in, out);
            }
            case "decoder" -> {
              decoder = Jackson.MAPPER.readTree(in);
              byteFallback = decoder.findValuesAsText("type").contains("ByteFallback");
              out.writePOJOField(field, decoder);
            }
            default -> {
              out.writeFieldName(field);
              out.copyCurrentStructure(in);
            }
          }
        }
        for (JsonNode token : added) {
          String content = token.path("content").asText();
          idOf.put(content, HostileFiles.checkedId(content, token.path("id").asLong(-1)));
        }
        out.writePOJOField("added_tokens", added);
        out.writePOJOField("post_processor", PostProcessors.effective(postProcessor, config, idOf));
        out.writeEndObject();
      }
      if (idOf.isEmpty()) {
        throw new IOException("expected a vocabulary under model.vocab, found none");
      }
      Map<Integer, JsonNode> addedById = new HashMap<>();
      added.forEach(token -> addedById.put(token.path("id").asInt(), token));
      return new TokenizerJson(
          text.toString(),
          Map.copyOf(idOf),
          Set.copyOf(specialIds),
          byteFallback,
          addedById,
          preTokenizer,
          decoder,
          TokenPlaces.Spelling.of(affixed ? "" : model, normalizer, preTokenizer, decoder));
    }

    /** The file's added tokens and those that only tokenizer_config.json knows, by id. */
    private ArrayNode added(JsonNode fromFile) throws IOException {
      if (!(fromFile instanceof ArrayNode all)) {
        throw new IOException(
            "expected added_tokens to be an array, found " + fromFile.getNodeType());
      }
      Set<String> known = new HashSet<>();
      for (JsonNode token : all) {
        known.add(token.path("content").asText());
      }
      for (ObjectNode token : config.addedTokens()) {
        if (known.add(token.path("content").asText())) {
          all.add(token);
        }
      }
      for (JsonNode token : all) {
        if (token.path("special").asBoolean()) {
          specialIds.add(token.path("id").asInt());
        }
      }
      return all;
    }

    private void copyModel(JsonParser in, JsonGenerator out) throws IOException {
      if (in.currentToken() != JsonToken.START_OBJECT) {
        throw new IOException("expected model to be an object, found " + in.currentToken());
      }
      out.writeStartObject();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        out.writeFieldName(field);
        in.nextToken();
        if (field.equals("merges") && model.isEmpty()) {
          model = "BPE"; // old files do not name it
        }
        if (AFFIXES.contains(field)) {
          affixed |= in.currentToken() == JsonToken.VALUE_STRING && !in.getText().isEmpty();
        }
        if (field.equals("dropout")) {
          in.skipChildren();
          out.writeNull();
        } else if (field.equals("type")) {
          model = in.getText();
          out.writeString(model);
        } else if (!field.equals("vocab")) {
          out.copyCurrentStructure(in);
        } else if (in.currentToken() == JsonToken.START_ARRAY) {
          copyScoredVocabulary(in, out);
        } else {
          copyVocabulary(in, out);
        }
      }
      out.writeEndObject();
    }

    /** {@code {"token": id, ...}}, of BPE, WordPiece and WordLevel. */
    private void copyVocabulary(JsonParser in, JsonGenerator out) throws IOException {
      out.writeStartObject();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String token = in.currentName();
        in.nextToken();
        int id = HostileFiles.checkedId(token, in.getLongValue());
        idOf.put(token, id);
        out.writeNumberField(token, id);
      }
      out.writeEndObject();
    }

    /** {@code [["token", log-probability], ...]}, of Unigram: the id is the place in the list. */
    private void copyScoredVocabulary(JsonParser in, JsonGenerator out) throws IOException {
      out.writeStartArray();
      for (int id = 0; in.nextToken() == JsonToken.START_ARRAY; id++) {
        JsonNode pair = Jackson.MAPPER.readTree(in);
        idOf.put(pair.path(0).asText(), id);
        out.writeTree(pair);
      }
      out.writeEndArray();
    }
  }
}
