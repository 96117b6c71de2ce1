package dev.luthier.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What llama.cpp is asked to do with a file, in a process of its own.
 *
 * @param gguf the model, or a vocabulary alone
 * @param adapter a LoRA adapter that the model runs with
 * @param texts to tokenize, without BOS and EOS; special tokens in them are taken as such
 * @param ids a text to run the model over; empty to leave the weights alone
 * @param decoder what the decoder reads, where an encoder reads the ids; empty for models of one
 *     part
 * @param hidden whether the last hidden states are wanted instead of logits, as of encoders; where
 *     there is a decoder, its encoder's
 * @param prompt how many of the ids are then continued greedily
 * @param greedy by how many ids; 0 for none
 * @param threads of the processor
 */
@SuppressWarnings("ArrayRecordComponent")
record LlamaRequest(
    Path gguf,
    Optional<Path> adapter,
    List<String> texts,
    int[] ids,
    int[] decoder,
    boolean hidden,
    int prompt,
    int greedy,
    int threads) {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String FILE = "request.json";

  LlamaRequest {
    texts = List.copyOf(texts);
  }

  /** Tokenizing alone. */
  static LlamaRequest tokens(Path gguf, List<String> texts) {
    return new LlamaRequest(gguf, Optional.empty(), texts, new int[0], new int[0], false, 0, 0, 1);
  }

  void write(Path folder) throws IOException {
    ObjectNode json = MAPPER.createObjectNode().put("gguf", gguf.toAbsolutePath().toString());
    adapter.ifPresent(file -> json.put("adapter", file.toAbsolutePath().toString()));
    json.putPOJO("texts", texts).putPOJO("ids", ids);
    json.putPOJO("decoder", decoder).put("hidden", hidden);
    json.put("prompt", prompt).put("greedy", greedy).put("threads", threads);
    MAPPER.writeValue(folder.resolve(FILE).toFile(), json);
  }

  static LlamaRequest read(Path folder) throws IOException {
    JsonNode json = MAPPER.readTree(folder.resolve(FILE).toFile());
    List<String> texts = new ArrayList<>();
    json.path("texts").forEach(text -> texts.add(text.asText()));
    return new LlamaRequest(
        Path.of(json.path("gguf").asText()),
        Optional.ofNullable(json.get("adapter")).map(node -> Path.of(node.asText())),
        texts,
        MAPPER.convertValue(json.path("ids"), int[].class),
        MAPPER.convertValue(json.path("decoder"), int[].class),
        json.path("hidden").asBoolean(),
        json.path("prompt").asInt(),
        json.path("greedy").asInt(),
        json.path("threads").asInt());
  }
}
