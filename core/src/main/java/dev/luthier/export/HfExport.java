package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.GenerationConfig;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.Reason;
import dev.luthier.merge.Fuse;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerFiles;
import dev.luthier.tokenizer.TokenizerSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model folder as transformers, vLLM and TGI of all recent versions load it, and nothing else in
 * it: no checkpoints, metrics or records of the run that made it.
 *
 * @param model a folder with safetensors
 * @param adapter multiplied into it, as {@link Fuse} does
 * @param anyBase whether an adapter that was trained over another base is taken all the same
 */
public record HfExport(Path model, Optional<Path> adapter, boolean anyBase) {
  private static final List<String> PAPERS =
      List.of("README.md", "LICENSE", "LICENSE.txt", "LICENSE.md");
  private static final String TEMPLATE = "chat_template";

  /**
   * Writes the folder.
   *
   * @param output a folder that is not there yet
   * @return what is to be known about it
   */
  public List<String> run(Path output) {
    if (adapter.isPresent()) {
      Fuse.of(model, adapter.get(), Optional.empty(), anyBase).run(output);
      return complete(output);
    }
    HfFolder.model(model);
    if (Files.exists(output)) {
      throw new LuthierException(output + " is there already; choose a new folder with --output");
    }
    List<String> notes = new ArrayList<>();
    AtomicFile.writeFolder(
        output,
        folder -> {
          files()
              .forEach(
                  file ->
                      AtomicFile.copy(file, folder.resolve(String.valueOf(file.getFileName()))));
          TokenizerFiles.carry(model, folder);
          notes.addAll(complete(folder));
        });
    return notes;
  }

  private List<Path> files() {
    List<Path> weights;
    try (Stream<Path> all = Files.list(model)) {
      weights =
          all.filter(
                  f ->
                      String.valueOf(f.getFileName())
                          .matches("model.*\\.safetensors(\\.index\\.json)?"))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new LuthierException(model + " cannot be read: " + Reason.of(e), e);
    }
    if (weights.isEmpty()) {
      throw new LuthierException(
          model
              + " has no model*.safetensors, which all servers load. Fuse an adapter into it, or"
              + " quantize it: both write safetensors");
    }
    List<Path> out = new ArrayList<>(weights);
    out.add(model.resolve(HfFolder.CONFIG));
    PAPERS.stream().map(model::resolve).filter(Files::isRegularFile).forEach(out::add);
    return out;
  }

  /** Says in every place where some version of a server looks, what is said in one. */
  private List<String> complete(Path folder) {
    List<String> notes = new ArrayList<>();
    config(folder, notes);
    if (TokenizerSource.in(folder).isEmpty()) {
      notes.add("there is no tokenizer: servers need one beside the weights");
      return notes;
    }
    Tokenizer tokenizer = Tokenizer.load(folder);
    generation(folder, tokenizer);
    Optional<String> template = tokenizer.chatTemplateSource(false);
    if (template.isEmpty()) {
      notes.add("there is no chat template: servers take completions, no chats");
    } else {
      template(folder, template.get());
    }
    return notes;
  }

  /** {@code torch_dtype} is read by transformers 4, {@code dtype} by 5. */
  private static void config(Path folder, List<String> notes) {
    Path file = folder.resolve(HfFolder.CONFIG);
    ObjectNode config = Json.read(file);
    for (String[] names : new String[][] {{"torch_dtype", "dtype"}, {"dtype", "torch_dtype"}}) {
      if (config.hasNonNull(names[0]) && !config.hasNonNull(names[1])) {
        config.set(names[1], config.get(names[0]));
      }
    }
    if (config.path("architectures").isEmpty()) {
      notes.add(
          "config.json names no architectures, which vLLM goes by: add the model's class, such as"
              + " [\"LlamaForCausalLM\"]");
    }
    Json.write(file, config);
  }

  /** What ends a text stands here for servers that do not ask config.json. */
  private static void generation(Path folder, Tokenizer tokenizer) {
    GenerationConfig before = GenerationConfig.read(folder);
    ObjectNode json = before.file();
    if (before.eosTokenIds().isEmpty()) {
      tokenizer.eosId().ifPresent(id -> json.put("eos_token_id", id));
    }
    Json.write(folder.resolve(HfFolder.GENERATION_CONFIG), json);
  }

  /** In a file of its own for newer servers, within tokenizer_config.json for older. */
  private static void template(Path folder, String source) {
    Path own = folder.resolve(HfFolder.CHAT_TEMPLATE);
    if (!Files.exists(own)) {
      AtomicFile.writeText(own, source);
    }
    Path file = folder.resolve(HfFolder.TOKENIZER_CONFIG);
    ObjectNode config = Json.readIfThere(file).orElseGet(Json::object);
    if (!config.path(TEMPLATE).isArray()) {
      config.put(TEMPLATE, source);
      Json.write(file, config);
    }
  }
}
