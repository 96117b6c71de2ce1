package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.format.DType;
import dev.luthier.format.HfFolder;
import dev.luthier.format.Json;
import dev.luthier.format.ModelCard;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsIndex;
import dev.luthier.format.SafetensorsShards;
import dev.luthier.model.Families;
import dev.luthier.model.Task;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
    SafetensorsShards.write(
        folder,
        TensorFiles.entries(weights, dtype),
        Map.of("format", "pt"),
        SafetensorsShards.DEFAULT_SHARD_BYTES);
    ObjectNode written = config.deepCopy();
    written.put("torch_dtype", dtype.torchName());
    Json.write(folder.resolve("config.json"), written);
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

  /** What a model is used for. */
  public static ModelCard.Use use(Path model) {
    return use(HfFolder.config(model), HfFolder.configName(model));
  }

  /** What a model with an adapter is used for. */
  public static ModelCard.Use use(Path model, Path adapter) {
    ObjectNode config = HfFolder.config(model);
    return use(
        HeadConfig.read(adapter, config).map(h -> h.over(config)).orElse(config),
        HfFolder.configName(model));
  }

  private static ModelCard.Use use(ObjectNode config, String where) {
    return switch (Task.of(config).kind()) {
      case SEQUENCE -> ModelCard.Use.SEQUENCE;
      case TOKENS -> ModelCard.Use.TOKENS;
      case LANGUAGE ->
          switch (Families.of(config, where).kind()) {
            case DECODER -> ModelCard.Use.TEXT;
            case ENCODER -> ModelCard.Use.MASKED;
            case ENCODER_DECODER -> ModelCard.Use.SOURCE_TARGET;
          };
    };
  }

  /** The dtype that most of a model's weights are stored in, but for those in few bits. */
  public static DType storedDtype(Path model) {
    return ModelLoader.files(model).commonDtype();
  }
}
