package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.format.SafetensorsShards;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.model.Decoder;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Whole models to Hugging Face folders. */
public final class ModelFiles {
  private ModelFiles() {}

  /**
   * Writes weights and config.json; the tokenizer is the caller's.
   *
   * @param weights by Hugging Face name; a tied head is left out
   * @param dtype what they are stored in; config.json says so
   */
  public static void write(
      Path folder, ObjectNode config, Map<String, Tensor> weights, DType dtype) {
    write(folder, config, TensorFiles.entries(weights, dtype), dtype);
  }

  private static void write(
      Path folder, ObjectNode config, List<SafetensorsWriter.Entry> entries, DType dtype) {
    SafetensorsShards.write(
        folder, entries, Map.of("format", "pt"), SafetensorsShards.DEFAULT_SHARD_BYTES);
    ObjectNode written = config.deepCopy();
    written.put("torch_dtype", TorchTypes.name(dtype));
    Json.write(folder.resolve("config.json"), written);
  }

  /**
   * Writes a model with its adapter multiplied into its weights; each is computed in float32 as it
   * is written, and rounded once.
   *
   * @param loaded with float32 adapters, as {@link ModelLoader#lora(Path, Path)} gives them
   */
  public static void writeFused(Path folder, LoadedModel loaded, DType dtype) {
    Decoder model = loaded.decoder();
    ObjectNode config = loaded.config().deepCopy();
    Map<String, Tensor> weights = new LinkedHashMap<>(model.parameters().all());
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    model
        .adapted()
        .forEach(
            (path, linear) -> {
              String name = path + ".weight";
              Tensor base = weights.remove(name);
              // A tied head has no weight of its own: with an adapter it gets one.
              Tensor shaped = base == null ? embedding(weights) : base;
              entries.add(TensorFiles.entry(name, Tensors.shape(shaped), dtype, linear::weight));
            });
    entries.addAll(TensorFiles.entries(weights, dtype));
    if (entries.stream().anyMatch(e -> e.name().equals("lm_head.weight"))) {
      config.put("tie_word_embeddings", false);
    }
    write(folder, config, entries, dtype);
  }

  private static Tensor embedding(Map<String, Tensor> weights) {
    return weights.entrySet().stream()
        .filter(e -> e.getKey().endsWith("embed_tokens.weight"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow();
  }

  /** Copies a folder's weights into these tensors, which must be all of them. */
  public static void readInto(Path folder, Map<String, Tensor> weights) {
    Map<String, Tensor> left = new LinkedHashMap<>(weights);
    for (SafetensorsFile file : SafetensorsIndex.open(folder)) {
      Map<String, Tensor> here = new LinkedHashMap<>();
      for (String name : file.tensors().keySet()) {
        Tensor t = left.remove(name);
        if (t != null) {
          here.put(name, t);
        }
      }
      TensorFiles.readInto(file.path(), here);
    }
    if (!left.isEmpty()) {
      throw new LuthierException(folder + " lacks the tensors " + left.keySet());
    }
  }

  /** The dtype that most of a folder's weights are stored in. */
  public static DType storedDtype(Path folder) {
    Map<DType, Long> bytes = new LinkedHashMap<>();
    List<SafetensorsFile> files = SafetensorsIndex.open(folder);
    files.forEach(
        f -> f.tensors().values().forEach(t -> bytes.merge(t.dtype(), t.length(), Long::sum)));
    return bytes.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(DType.F32);
  }
}
