package dev.luthier.format;

import dev.luthier.LuthierException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A model folder's weights, in the first of these forms that is there:
 *
 * <ol>
 *   <li>{@code model.safetensors}, or {@code model.safetensors.index.json} and its shards
 *   <li>{@code pytorch_model.bin}, or {@code pytorch_model.bin.index.json} and its shards
 *   <li>the only {@code .pt} or {@code .pth} file that is not a trainer's own state
 * </ol>
 *
 * A {@link Llama2cFile} stands for a folder.
 */
public final class ModelWeights {
  private static final String SAFE = "model" + SafetensorsIndex.SUFFIX;
  private static final String SAFE_INDEX = "model" + SafetensorsIndex.INDEX_SUFFIX;
  private static final String PICKLED = "pytorch_model.bin";
  private static final String PICKLED_INDEX = "pytorch_model.bin.index.json";

  /** What the Hugging Face Trainer keeps beside the weights in a checkpoint. */
  private static final Set<String> TRAINERS =
      Set.of("optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state.pth");

  private ModelWeights() {}

  /**
   * Opens the files' headers, in the order of their names.
   *
   * @throws LuthierException with every missing shard, missing tensor and broken file at once; or
   *     saying what was expected and what the folder holds
   */
  public static List<? extends WeightFile> open(Path folder) {
    if (Files.isRegularFile(folder)) {
      return List.of(Llama2cFile.open(folder));
    }
    if (isThere(folder, SAFE) || isThere(folder, SAFE_INDEX)) {
      return SafetensorsIndex.open(folder);
    }
    if (isThere(folder, PICKLED)) {
      return List.of(pickled(folder.resolve(PICKLED)));
    }
    if (isThere(folder, PICKLED_INDEX)) {
      return ShardIndex.open(folder, folder.resolve(PICKLED_INDEX), ".bin", TorchFile::open);
    }
    List<String> names = SafetensorsIndex.names(HfFolder.folder(folder));
    List<String> single = names.stream().filter(ModelWeights::isSingle).toList();
    if (single.isEmpty()) {
      throw new LuthierException(
          folder
              + ": expected model.safetensors, "
              + PICKLED
              + ", an index of shards of either, or one .pt or .pth file; found "
              + SafetensorsIndex.listed(names));
    }
    if (single.size() > 1) {
      throw new LuthierException(
          folder
              + " has several files that could be its weights: "
              + SafetensorsIndex.listed(single)
              + ". Leave one, or call it "
              + PICKLED);
    }
    return List.of(pickled(folder.resolve(single.get(0))));
  }

  /** Whether the folder has an index of shards. */
  static boolean hasIndex(Path folder) {
    return isThere(folder, SAFE_INDEX) || isThere(folder, PICKLED_INDEX);
  }

  /** Other programs' names for a Llama's tensors would only be missing and unexpected ones. */
  private static TorchFile pickled(Path path) {
    TorchFile file = TorchFile.open(path);
    if (file.tensors().containsKey("tok_embeddings.weight")) {
      boolean meta = file.tensors().containsKey("layers.0.attention.wq.weight");
      throw new LuthierException(
          path
              + " is in the layout of "
              + (meta ? "Meta's original Llama" : "torchtune")
              + ", not of Hugging Face: convert it first, "
              + (meta
                  ? "with transformers' convert_llama_weights_to_hf.py"
                  : "by saving it with torchtune's FullModelHFCheckpointer")
              + ", or take the model's Hugging Face version");
    }
    return file;
  }

  /** Whether the folder has weights of any form. */
  public static boolean areThere(Path folder) {
    return Files.isRegularFile(folder)
        || isThere(folder, PICKLED_INDEX)
        || SafetensorsIndex.names(folder).stream()
            .anyMatch(name -> name.endsWith(SafetensorsIndex.SUFFIX) || isPickled(name));
  }

  private static boolean isThere(Path folder, String name) {
    return Files.exists(folder.resolve(name));
  }

  /** Whether a file of this name is weights that torch.save wrote. */
  static boolean isPickled(String name) {
    return name.equals(PICKLED)
        || name.equals("adapter_model.bin")
        || name.matches("pytorch_model-\\d+-of-\\d+\\.bin")
        || isSingle(name);
  }

  /** The same for a folder of this kind: what else lies beside an adapter is no weights. */
  static boolean isPickled(String name, HfFolder.Kind kind) {
    return isPickled(name) && (kind != HfFolder.Kind.ADAPTER || name.equals("adapter_model.bin"));
  }

  private static boolean isSingle(String name) {
    return (name.endsWith(".pt") || name.endsWith(".pth"))
        && !TRAINERS.contains(name)
        && !name.startsWith("rng_state_");
  }
}
