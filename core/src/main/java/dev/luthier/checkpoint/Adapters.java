package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.DType;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.format.TorchFile;
import dev.luthier.format.WeightFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * PEFT adapter folders. In {@code adapter_model.safetensors} every name is {@code
 * base_model.model.} and the base model's own module path; the bias of an adapted layer stands
 * under {@code PATH.base_layer.bias}.
 */
public final class Adapters {
  /** The weights' file in an adapter folder. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /** The same of older PEFT. */
  private static final String PICKLED = "adapter_model.bin";

  private static final String PREFIX = "base_model.model.";

  private Adapters() {}

  /** A folder's tensors under our names. */
  static FileSource source(Path folder) {
    Path file = folder.resolve(WEIGHTS);
    Path pickled = folder.resolve(PICKLED);
    WeightFile weights =
        !Files.exists(file) && Files.exists(pickled)
            ? TorchFile.open(pickled)
            : SafetensorsFile.open(file);
    return new FileSource(
        weights.path().toString(),
        List.of(weights),
        Adapters::ourName,
        name -> name.contains(".original_module."));
  }

  /** Where PEFT resized a table it saves the whole of it, wrapped as it was in training. */
  private static String ourName(String theirs) {
    String name = theirs.startsWith(PREFIX) ? theirs.substring(PREFIX.length()) : theirs;
    return name.replace(".token_adapter.base_layer.", ".")
        .replace(".base_layer.", ".")
        .replace(".modules_to_save.", ".");
  }

  /**
   * Writes an adapter folder's two files, float32.
   *
   * @param trained our names to tensors
   */
  public static void write(Path folder, AdapterConfig config, Map<String, Tensor> trained) {
    Map<String, Tensor> theirs = new LinkedHashMap<>();
    trained.forEach((name, t) -> theirs.put(theirName(name, trained), t));
    SafetensorsWriter.write(
        folder.resolve(WEIGHTS), TensorFiles.entries(theirs, DType.F32), Map.of("format", "pt"));
    ObjectNode json = config.toJson();
    AtomicFile.writeText(folder.resolve(AdapterConfig.FILE), json.toPrettyString() + "\n");
  }

  private static String theirName(String name, Map<String, Tensor> trained) {
    String module = name.replaceAll("\\.bias$", "");
    boolean adapted = trained.containsKey(module + ".lora_A.weight");
    return PREFIX + (adapted && name.endsWith(".bias") ? module + ".base_layer.bias" : name);
  }

  /** Reads an adapter folder's tensors into those of a model under training. */
  public static void readInto(Path folder, Map<String, Tensor> trained) {
    Map<String, Tensor> theirs = new LinkedHashMap<>();
    trained.forEach((name, t) -> theirs.put(theirName(name, trained), t));
    TensorFiles.readInto(folder.resolve(WEIGHTS), theirs);
  }
}
